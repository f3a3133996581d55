# A module with Rust.  Its Makefile sets KMOD and SRCS, and includes this in
# place of <bsd.kmod.mk>.
#
#	KPI_SRCS	the files of the C layer that go into the module; all,
#			unless the Makefile says otherwise
#
# Each module has a C layer and a core of its own: bsd.kmod.mk makes every symbol
# of a module local (EXPORT_SYMS is not set), so they neither meet those of other
# modules nor those of a kernel that has the same inside.

KPI:=		${.PARSEDIR:tA:H}
KPI_SRCS?=	kpi_bus.c kpi_callout.c kpi_dev.c kpi_dma.c kpi_inline.c \
		kpi_intr.c kpi_mtx.c kpi_pcm.c kpi_taskq.c kpi_virtio.c
_kpi_headers=	bus_if.h channel_if.h device_if.h feeder_if.h mixer_if.h \
		opt_snd.h virtio_bus_if.h virtio_if.h

.PATH:		${KPI}/common
SRCS+=		${KPI_SRCS} ${_kpi_headers}
OBJS+=		kpi_rust.o
CFLAGS+=	-I${KPI}/common
CLEANDIRS+=	kpi_rust

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
	    sh ${KPI}/tools/kernel-rust.sh ${MACHINE} ${.TARGET} ${.CURDIR} \
	    ${CC} ${CFLAGS}
