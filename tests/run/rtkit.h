/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The program behind `make run APP=rtkit`: boots the model of a coprocessor
 * through the Apple drivers, in the test kernel, and shows what they say to
 * each other.
 *
 *	rtkit_kern.c	the machine: models, drivers, sensors (kernel side)
 *	rtkit_decode.c	a message in words
 *	rtkit_log.c	a message in a line of a log
 *	rtkit_show.c	messages and endpoints, as they are printed
 *	rtkit_main.c	options, and all of it in order
 */
#ifndef _RTKIT_H_
#define	_RTKIT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model_rtkit.h"

/*
 * Messages
 */

/* What the messages so far have told. */
struct rtkit_decoder {
	bool		present[MODEL_RTKIT_ENDPOINTS];
	bool		started[MODEL_RTKIT_ENDPOINTS];
	bool		crashlog_known;	/* a second message means a crash */
	bool		smc_starting;	/* the next answer is an address */
	uint64_t	smc_commands[16];	/* by number */
};

struct rtkit_message {
	char		endpoint[16];
	char		name[24];
	char		fields[96];
};

void	rtkit_decoder_init(struct rtkit_decoder *);
/* Put a message into words; the decoder learns of it. */
void	rtkit_decode(struct rtkit_decoder *, bool from_ap, uint64_t msg0,
	    uint32_t msg1, struct rtkit_message *);
/* "mgmt", "crashlog", ... "0x21" of others. */
const char *rtkit_endpoint(uint8_t ep, char *buf, size_t len);

/*
 * Logs: docs/reference/rtkit-messages.md describes the lines.
 */

enum rtkit_line {
	RTKIT_LINE_MESSAGE,
	RTKIT_LINE_REMARK,	/* it has no message, and needs none */
	RTKIT_LINE_BROKEN	/* *why says what is wrong with it */
};
#define	RTKIT_TIME	24	/* bytes of a time */

/* A line without its end.  A time_ns of -1: the time is not known. */
enum rtkit_line rtkit_log_parse(const char *line, struct model_rtkit_event *,
	    const char **why);
void	rtkit_log_format(const struct model_rtkit_event *, char *buf,
	    size_t len);
/* Milliseconds with three digits; "-" of -1.  Returns buf. */
const char *rtkit_log_time(int64_t ns, char *buf, size_t len);

/* The line above the messages. */
void	rtkit_show_head(void);
void	rtkit_show_message(struct rtkit_decoder *,
	    const struct model_rtkit_event *);
void	rtkit_show_endpoints(const struct rtkit_decoder *);
/* Show a log's messages; false: it could not be read, or lines are broken. */
bool	rtkit_replay(const char *path);

/*
 * The machine; see rtkit_kern.c for what it is made of.
 */

/* The machine that is wanted. */
struct rtkit_machine {
	const char	*soc;		/* NULL: what the tree says, or t8103 */
	const void	*dtb;		/* NULL: the project's tree for it */
	size_t		 dtb_len;
	bool		 newer;		/* firmware of late 2026 */
	unsigned int	 temperatures;	/* 0: the model's six */
};

/* Is there a model of this SoC?  Its name from 0 on; NULL: no more. */
bool	rtkit_soc_known(const char *soc);
const char *rtkit_soc(size_t number);

/*
 * Boot the kernel with the device tree, and find out which SoC it is of.
 * False: *why says what is wrong with the tree, in a line.
 */
bool	rtkit_machine_boot(struct rtkit_machine *, const char **why);
/*
 * Make the models, and attach the drivers.  True: an SMC's driver attached.
 * False: *why says what was wrong, in a line.
 */
bool	rtkit_machine_up(const struct rtkit_machine *,
	    void (*traced)(void *arg, const struct model_rtkit_event *),
	    void *arg, const char **why);
/* "apple_smc0" */
const char *rtkit_machine_smc(void);
/* Press the power button, close and open the lid, pull and plug the charger. */
void	rtkit_machine_touch(void);
/* Crash the coprocessor, and let the driver find out. */
void	rtkit_machine_crash(void);
/* Detach, and shut the kernel down; the number of leaks. */
int	rtkit_machine_down(void);

/* A sensor: its name below the device's, and its value. */
struct rtkit_sensor {
	const char	*name;		/* "temp.battery" */
	const char	*descr;
	bool		 kelvin;	/* in tenths */
	int		 value;
	int		 error;		/* errno of a failure to read it */
};
/* Call fn with each sensor of the SMC. */
void	rtkit_sensors(void (*fn)(void *arg, const struct rtkit_sensor *),
	    void *arg);

/* Text of an event for devd(8); NULL: not so many. */
const char *rtkit_devd_event(size_t number);

#endif /* !_RTKIT_H_ */
