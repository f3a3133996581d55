/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * module(9): units that are told when they are loaded and unloaded.  Here
 * every module is linked in; tk_module_unload() and tk_module_load()
 * (tk_bus.h) make one go and come back.
 *
 * Left out: linker files, module ids and the user-space calls.
 */

#ifndef _SYS_MODULE_H_
#define	_SYS_MODULE_H_

#include <sys/types.h>
#include <sys/param.h>
#include <sys/kernel.h>
#include <sys/linker_set.h>

#define	MDT_DEPEND	1
#define	MDT_MODULE	2
#define	MDT_VERSION	3
#define	MDT_PNP_INFO	4

#define	MDT_STRUCT_VERSION	1
#define	MDT_SETNAME		"modmetadata_set"

typedef enum modeventtype {
	MOD_LOAD,
	MOD_UNLOAD,
	MOD_SHUTDOWN,
	MOD_QUIESCE
} modeventtype_t;

typedef struct module *module_t;
typedef int (*modeventhand_t)(module_t, int /* modeventtype_t */, void *);

typedef struct moduledata {
	const char	*name;
	modeventhand_t	 evhand;
	void		*priv;		/* the handler's third argument */
} moduledata_t;

typedef union modspecific {
	int	intval;
	u_int	uintval;
	long	longval;
	u_long	ulongval;
} modspecific_t;

struct mod_depend {
	int	md_ver_minimum;
	int	md_ver_preferred;
	int	md_ver_maximum;
};

struct mod_version {
	int	mv_version;
};

struct mod_metadata {
	int		md_version;	/* MDT_STRUCT_VERSION */
	int		md_type;	/* MDT_* */
	const void	*md_data;	/* by type */
	const char	*md_cval;	/* by type, a name */
};

struct mod_pnp_match_info {
	const char	*descr;		/* fields of an entry */
	const char	*bus;
	const void	*table;
	int		 entry_len;	/* bytes */
	int		 num_entry;
};

#ifdef _KERNEL

#define	MODULE_METADATA_CONCAT(uniquifier)	_mod_metadata##uniquifier
#define	MODULE_METADATA(uniquifier, type, data, cval)			\
static struct mod_metadata MODULE_METADATA_CONCAT(uniquifier) = {	\
	.md_version = MDT_STRUCT_VERSION,				\
	.md_type = type,						\
	.md_data = data,						\
	.md_cval = cval							\
};									\
DATA_SET(modmetadata_set, MODULE_METADATA_CONCAT(uniquifier))

#define	MODULE_DEPEND(module, mdepend, vmin, vpref, vmax)		\
static struct mod_depend _##module##_depend_on_##mdepend = {		\
	.md_ver_minimum = vmin,						\
	.md_ver_preferred = vpref,					\
	.md_ver_maximum = vmax						\
};									\
MODULE_METADATA(_md_##module##_on_##mdepend, MDT_DEPEND,		\
    &_##module##_depend_on_##mdepend, #mdepend)

#define	MODULE_VERSION_CONCAT(module, version)	_##module##_version
#define	MODULE_VERSION(module, version)					\
static struct mod_version MODULE_VERSION_CONCAT(module, version) = {	\
	.mv_version = version						\
};									\
MODULE_METADATA(MODULE_VERSION_CONCAT(module, version), MDT_VERSION,	\
    &MODULE_VERSION_CONCAT(module, version), #module)

/* Every module needs the kernel, of the version it was compiled for. */
#define	MODULE_KERNEL_MAXVER	(roundup(__FreeBSD_version, 100000) - 1)

#define	DECLARE_MODULE_WITH_MAXVER(name, data, sub, order, maxver)	\
	MODULE_DEPEND(name, kernel, __FreeBSD_version,			\
	    __FreeBSD_version, maxver);					\
	MODULE_METADATA(_md_##name, MDT_MODULE, &data, #name);		\
	SYSINIT(name##module, sub, order, module_register_init, &data);	\
	struct __hack

#define	DECLARE_MODULE(name, data, sub, order)				\
	DECLARE_MODULE_WITH_MAXVER(name, data, sub, order,		\
	    MODULE_KERNEL_MAXVER)
#define	DECLARE_MODULE_TIED(name, data, sub, order)			\
	DECLARE_MODULE_WITH_MAXVER(name, data, sub, order,		\
	    __FreeBSD_version)

#define	MODULE_PNP_INFO(d, b, unique, t, n)				\
static const struct mod_pnp_match_info _module_pnp_##b##_##unique = {	\
	.descr = d,							\
	.bus = #b,							\
	.table = t,							\
	.entry_len = sizeof((t)[0]),					\
	.num_entry = n							\
};									\
MODULE_METADATA(_md_##b##_pnpinfo_##unique, MDT_PNP_INFO,		\
    &_module_pnp_##b##_##unique, #b)

struct linker_file;

/*
 * Registers the module and sends it MOD_LOAD; a refusal is printed, and the
 * module is sent MOD_UNLOAD and forgotten.  Run by SYSINIT at boot.
 */
void	module_register_init(const void *);

/* Enters the module's name; EEXIST when it is taken. */
int	module_register(const struct moduledata *, struct linker_file *);
module_t module_lookupbyname(const char *);
const char *module_getname(module_t);

/* Sends MOD_QUIESCE; EOPNOTSUPP of the handler counts as success. */
int	module_quiesce(module_t);

/* Sends MOD_UNLOAD and returns the handler's answer. */
int	module_unload(module_t);
void	module_reference(module_t);
void	module_release(module_t);
void	module_setspecific(module_t, modspecific_t *);

#endif /* _KERNEL */

#endif /* !_SYS_MODULE_H_ */
