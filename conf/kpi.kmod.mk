# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# A module, with Rust or without.  Its Makefile sets KMOD, and includes this in place of
# <bsd.kmod.mk>.
#
#	KPI_DRIVERS	the folders with the lists of sources (tools/sources.sh)
#			of what is in the module; its own, unless the Makefile
#			says otherwise
#	KPI_SRCS	the files of the C layer that go into the module; those
#			that the lists ask for, unless the Makefile says
#			otherwise
#
# Each module has a C layer and a core of its own: bsd.kmod.mk makes every symbol
# of a module local that EXPORT_SYMS does not name, so they neither meet those of
# other modules nor those of a kernel that has the same inside.

KPI:=		${.PARSEDIR:tA:H}
KPI_DRIVERS?=	.
_kpi_folders:=	${KPI_DRIVERS:@folder@${.CURDIR}/${folder}@:tA}
_kpi_c!=	sh ${KPI}/tools/sources.sh c ${_kpi_folders}
_kpi_crates!=	sh ${KPI}/tools/sources.sh crates ${_kpi_folders}
.if !defined(KPI_SRCS)
_kpi_layer!=	sh ${KPI}/tools/sources.sh layer ${_kpi_folders}
KPI_SRCS:=	${_kpi_layer:T}
.endif
_kpi_headers=	bus_if.h channel_if.h device_if.h feeder_if.h mixer_if.h \
		opt_snd.h pci_if.h virtio_bus_if.h virtio_if.h

.PATH:		${KPI}/common ${_kpi_folders}
SRCS+=		${_kpi_c:T} ${KPI_SRCS} ${_kpi_headers}
CFLAGS+=	-I${KPI}/common -I${KPI}/drivers
.if !empty(_kpi_crates)
OBJS+=		kpi_rust.o
CLEANDIRS+=	kpi_rust
.endif

# make(1) goes by time: what is here for another machine would be taken for this
# one's.  So the folder is of the machine that it was first used for.
_kpi_machine=	${.OBJDIR}/kpi_machine
.if !make(clean*) && ${.TARGETS} != "obj"
.if exists(${_kpi_machine})
_kpi_was!=	cat ${_kpi_machine}
.if ${_kpi_was} != ${MACHINE_ARCH}
.error ${.OBJDIR} has objects for ${_kpi_was}, not ${MACHINE_ARCH}: \
	type make clean, or give each machine a folder (MAKEOBJDIRPREFIX)
.endif
.else
_kpi_was!=	echo ${MACHINE_ARCH} | tee ${_kpi_machine}
.endif
.endif
CLEANFILES+=	kpi_machine

.include <bsd.kmod.mk>

# Its dependencies are in .depend.kpi_rust.o.
kpi_rust.o:
	LD='${LD}' NM='${NM}' OBJCOPY='${OBJCOPY}' \
	    sh ${KPI}/tools/kernel-rust.sh ${MACHINE} ${.TARGET} \
	    "${_kpi_folders}" ${CC} ${CFLAGS}
