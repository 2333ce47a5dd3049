// What the leak checker of the sanitizer build is not to report, and why. The names are the checker's own.
// NOLINTBEGIN(bugprone-reserved-identifier)
extern "C" {
const char* __lsan_default_suppressions();
const char* __lsan_default_options();

// Memory that the TLS library may call back into as long as the process lives, so that nobody frees it.
const char* __lsan_default_suppressions() {
  return "leak:StatusFilter\n";
}

// A process whose standard error is somebody's log says nothing about what it was not to report.
const char* __lsan_default_options() {
  return "print_suppressions=0";
}
}
// NOLINTEND(bugprone-reserved-identifier)
