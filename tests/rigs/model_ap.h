/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The other side of the RTKit model, for the model's tests: an AP that moves
 * messages through the mailbox's registers, without a driver and without
 * interrupts.
 */
#ifndef _MODEL_AP_H_
#define	_MODEL_AP_H_

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <machine/bus.h>

#include "model_rtkit.h"

#define	AP_BASE		0x300008000	/* of the mailbox */
#define	AP_CPU		0x300000000
#define	AP_SRAM		0x310000000
#define	AP_SRAM_SIZE	0x100000

#define	AP_TYPE(type)	((uint64_t)(type) << 52)
#define	AP_START(ep)	(AP_TYPE(5) | (uint64_t)(ep) << 32 | 2)
#define	AP_IOP_POWER(s)	(AP_TYPE(6) | (s))
#define	AP_IOP_ACK(s)	(AP_TYPE(7) | (s))
#define	AP_AP_POWER(s)	(AP_TYPE(0xb) | (s))

struct ap {
	struct model_rtkit	*m;
	enum model_asc_variant	 variant;
	bus_space_handle_t	 mbox, cpu, sram;
	bool			 running;	/* woken instead of started */
	uint32_t		 map[8];
	unsigned int		 pages;		/* pages of EPMAP received */
	char			*ram[8];	/* given as buffers */
	size_t			 ram_size[8];
	unsigned int		 nram;
	uint64_t		 buffer[MODEL_RTKIT_ENDPOINTS];
	uint64_t		 init;		/* the last INIT */
	uint64_t		 log;		/* the last LOG */
	unsigned int		 logs;
	bool			 on;		/* the IOP said that it is on */
	bool			 crashed;	/* the IOP said that, too */
};

/* Make a model of this configuration.  Its SRAM, if any, is at AP_SRAM. */
void	ap_up(struct ap *, enum model_asc_variant,
	    const struct model_rtkit_config *, bool running);
/* Make a model of the default configuration, which has to be started. */
void	ap_up_default(struct ap *);
void	ap_down(struct ap *);

void	ap_send(struct ap *, uint32_t ep, uint64_t msg);
/* Wait at most so many ms for a message; false if none came. */
bool	ap_recv(struct ap *, int ms, uint32_t *ep, uint64_t *msg);
/* Check that the next message is this one. */
void	ap_expect(struct ap *, uint32_t ep, uint64_t msg);
/* Check that no message comes for so many ms. */
void	ap_silence(struct ap *, int ms);

/* Start the IOP, or wake it. */
void	ap_go(struct ap *);
void	ap_run(struct ap *, bool run);
/*
 * Go from HELLO to the last page of the map.  False if a message did not come.
 */
bool	ap_hello(struct ap *);
/* Start the system endpoints of the map. */
void	ap_start_system(struct ap *);
/* Answer a message of a system endpoint as the endpoint expects. */
void	ap_serve(struct ap *, uint32_t ep, uint64_t msg);
/* Answer messages until none has come for so many ms, but at most 1,000. */
void	ap_serve_all(struct ap *, int ms);
/* Boot until both sides are on.  False if they are not. */
bool	ap_boot(struct ap *);
/* Set the AP's power state, then the IOP's. */
void	ap_rest(struct ap *, uint16_t ap_state, uint16_t iop_state);

/* How often all rules were broken, and how often one was. */
uint64_t ap_wrong(struct ap *);
uint64_t ap_broke(struct ap *, const char *rule);
/* Copy out of an endpoint's buffer, in RAM or in SRAM. */
void	ap_copy(struct ap *, uint8_t ep, size_t off, void *buf, size_t len);

#endif /* !_MODEL_AP_H_ */
