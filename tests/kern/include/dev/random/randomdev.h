/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Sources that random(4) asks for entropy. */

#ifndef SYS_DEV_RANDOM_RANDOMDEV_H_INCLUDED
#define	SYS_DEV_RANDOM_RANDOMDEV_H_INCLUDED

typedef u_int random_source_read_t(void *, u_int);

#ifdef _KERNEL
struct random_source {
	const char			*rs_ident;
	enum random_entropy_source	 rs_source;
	random_source_read_t		*rs_read;
	int				 rs_min_entropy;
};

void	random_source_register(const struct random_source *);
void	random_source_deregister(const struct random_source *);
#endif /* _KERNEL */

#endif /* !SYS_DEV_RANDOM_RANDOMDEV_H_INCLUDED */
