# The front door: the same targets for GNU make and bmake.
#
# Each target is a script in tools/.  Variables given on the command line
# (make run FILE=x.wav) reach the scripts through the environment, which both
# makes see to; the scripts hold the defaults.

help:
	@sh tools/help.sh

deps:
	@sh tools/deps.sh

run: deps
	@sh tools/run.sh

test: deps
	@sh tools/test.sh

coverage:
	@sh tools/deps.sh --coverage
	@sh tools/coverage.sh

fuzz: deps
	@sh tools/fuzz.sh

explore: deps
	@sh tools/explore.sh

soak: deps
	@sh tools/soak.sh

bench: deps
	@sh tools/bench.sh

lint: deps
	@sh tools/lint.sh

fmt: deps
	@sh tools/fmt.sh

docs: deps
	@sh tools/docs.sh

files:
	@sh tools/sources.sh kernel >conf/files.kpi

cross: deps
	@sh tools/cross.sh

vmtest:
	@sh tools/deps.sh --vm
	@sh tools/vmtest.sh

clean:
	@rm -rf out

.PHONY: help deps run test coverage fuzz explore soak bench lint fmt docs files cross vmtest clean
