// The main function of the unit tests, compiled once: Catch2's own is the slow part.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
