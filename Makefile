# The front door. The work is done by CMake (cmake/Library.cmake) and the scripts in tools/.

PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60

.PHONY: help run check build install asan tsan clang fuzz fmt graph

help:
	@echo 'make run      install what is missing, build, measure everything, show the ledger'
	@echo 'make check    every build, every test: gcc, clang, ASan+UBSan, TSan, layout, install'
	@echo 'make build    the release build alone, into build/release'
	@echo 'make install  program, libraries, headers, pages (PREFIX=$(PREFIX), DESTDIR=)'
	@echo 'make asan     build and test with AddressSanitizer and UndefinedBehaviorSanitizer'
	@echo 'make tsan     build and test with ThreadSanitizer'
	@echo 'make clang    build and test with clang'
	@echo 'make fuzz     feed random bytes to every parser (FUZZ_SECONDS=$(FUZZ_SECONDS) each)'
	@echo 'make fmt      lay out every C file as .clang-format says'
	@echo 'make graph    which folder includes which'

run:
	@tools/setup build
	@tools/build release
	@tools/run-main

check:
	@tools/setup check
	@tools/check

build:
	@tools/setup build
	@tools/build release -DCMAKE_INSTALL_PREFIX=$(PREFIX)

install: build
	DESTDIR=$(DESTDIR) cmake --install build/release

asan tsan clang:
	@tools/setup check
	@tools/check $@

fuzz:
	@tools/setup check
	@tools/build fuzz
	@tools/fuzz $(FUZZ_SECONDS)

fmt:
	find base instrument subjects results suites apps tools tests examples -name '*.[ch]' \
	    -not -path 'tests/data/*' | xargs clang-format -i

graph: build
	@build/release/tools/tidy/tidy --graph .
