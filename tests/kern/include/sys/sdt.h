/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/* Statically defined tracing: none. */

#ifndef _SYS_SDT_H
#define	_SYS_SDT_H

#define	SDT_PROVIDER_DEFINE(prov)	struct __hack
#define	SDT_PROVIDER_DECLARE(prov)	struct __hack
#define	SDT_PROBE_DECLARE(...)		struct __hack
#define	SDT_PROBE_DEFINE(...)		struct __hack
#define	SDT_PROBE_DEFINE0(...)		struct __hack
#define	SDT_PROBE_DEFINE1(...)		struct __hack
#define	SDT_PROBE_DEFINE2(...)		struct __hack
#define	SDT_PROBE_DEFINE3(...)		struct __hack
#define	SDT_PROBE_DEFINE4(...)		struct __hack
#define	SDT_PROBE_DEFINE5(...)		struct __hack
#define	SDT_PROBE0(...)			(void)0
#define	SDT_PROBE1(...)			(void)0
#define	SDT_PROBE2(...)			(void)0
#define	SDT_PROBE3(...)			(void)0
#define	SDT_PROBE4(...)			(void)0
#define	SDT_PROBE5(...)			(void)0
#define	DTRACE_PROBE(prov, name)	(void)0

#endif /* !_SYS_SDT_H */
