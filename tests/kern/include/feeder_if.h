/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Methods of a feeder, as FreeBSD generates them from feeder_if.m.
 */

#ifndef _feeder_if_h_
#define	_feeder_if_h_

#include <sys/kobj.h>

extern struct kobjop_desc feeder_init_desc;
typedef int feeder_init_t(struct pcm_feeder *feeder);

static __inline TK_KOBJ_CALL int
FEEDER_INIT(struct pcm_feeder *feeder)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)feeder)->ops, feeder_init);
	return (((feeder_init_t *)_m)(feeder));
}

extern struct kobjop_desc feeder_free_desc;
typedef int feeder_free_t(struct pcm_feeder *feeder);

static __inline TK_KOBJ_CALL int
FEEDER_FREE(struct pcm_feeder *feeder)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)feeder)->ops, feeder_free);
	return (((feeder_free_t *)_m)(feeder));
}

extern struct kobjop_desc feeder_set_desc;
typedef int feeder_set_t(struct pcm_feeder *feeder, int what, int value);

static __inline TK_KOBJ_CALL int
FEEDER_SET(struct pcm_feeder *feeder, int what, int value)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)feeder)->ops, feeder_set);
	return (((feeder_set_t *)_m)(feeder, what, value));
}

extern struct kobjop_desc feeder_get_desc;
typedef int feeder_get_t(struct pcm_feeder *feeder, int what);

static __inline TK_KOBJ_CALL int
FEEDER_GET(struct pcm_feeder *feeder, int what)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)feeder)->ops, feeder_get);
	return (((feeder_get_t *)_m)(feeder, what));
}

/*
 * Puts up to count bytes from source into buffer.  Returns how many.
 */
extern struct kobjop_desc feeder_feed_desc;
typedef int feeder_feed_t(struct pcm_feeder *feeder, struct pcm_channel *c,
    u_int8_t *buffer, u_int32_t count, void *source);

static __inline TK_KOBJ_CALL int
FEEDER_FEED(struct pcm_feeder *feeder, struct pcm_channel *c,
    u_int8_t *buffer, u_int32_t count, void *source)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)feeder)->ops, feeder_feed);
	return (((feeder_feed_t *)_m)(feeder, c, buffer, count, source));
}

#endif /* !_feeder_if_h_ */
