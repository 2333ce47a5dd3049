// What OpenBSD's <unistd.h> declares beyond POSIX and the sandbox calls, so that its backend is compiled
// on other systems too: pledge(2) and unveil(2).
#pragma once

#include_next <unistd.h>

extern "C" int pledge(const char* promises, const char* execpromises);
extern "C" int unveil(const char* path, const char* permissions);
