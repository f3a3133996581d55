/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The program behind `make run APP=echo`: what programs do with the example
 * driver echo, and what they get.
 *
 *	echo_kern.c	the programs (kernel side)
 *	echo_main.c	main()
 */
#ifndef _RUN_ECHO_H_
#define	_RUN_ECHO_H_

/*
 * Open, use and unload the module of that name, and its node.  print gets a
 * line for each call: its time, the program, the call, and the result.  Returns
 * 0, or an errno: there is no such node.
 */
int	echo_show(const char *name, void (*print)(const char *line));

#endif /* !_RUN_ECHO_H_ */
