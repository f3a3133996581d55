#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# make run APP=echo from end to end.

. "$KPI_ROOT/tests/atf.sh"

# $1: driver.  It shows each kind of call, and the driver leaves nothing.
shows()
{
	"$(atf_get_srcdir)/kpi-echo" "$1" >report || atf_fail "status $?"
	for line in 'A  open(O_RDWR) *0$' 'A  ioctl(ECHO_GETSIZE) *1024$' \
	    'A  ioctl(ECHO_SETSIZE) *EOPNOTSUPP$' 'A  write("hello") *5 bytes$' \
	    'A  poll() POLLIN POLLOUT *1$' \
	    'A  kevent(EVFILT_READ) *5 bytes are there$' \
	    'A  read() "hello" *5 bytes$' \
	    'A  read() with O_NONBLOCK *EWOULDBLOCK$' \
	    'A  write(1124 bytes) with O_NONBLOCK *1024 bytes$' \
	    'no memory there *EFAULT$' '0.2.*  B  read() "wake up" *7 bytes$' \
	    '0.5.*  B  read() *ENXIO$' 'A  write("anybody there?") *ENXIO$' \
	    '^left behind: 0$'; do
		grep -q "$line" report ||
		    atf_fail "no line $line in: $(cat report)"
	done
}

atf_test_case echo_in_c_shows_each_call
echo_in_c_shows_each_call_body()
{
	shows echo
}

atf_test_case echo_in_rust_shows_each_call
echo_in_rust_shows_each_call_body()
{
	shows echo_rust
}

atf_test_case unknown_driver_is_one_line
unknown_driver_is_one_line_body()
{
	atf_check -s exit:1 -e match:'^run: no device nothing: ' \
	    "$(atf_get_srcdir)/kpi-echo" nothing
}

atf_init_test_cases()
{
	atf_add_test_case echo_in_c_shows_each_call
	atf_add_test_case echo_in_rust_shows_each_call
	atf_add_test_case unknown_driver_is_one_line
}
