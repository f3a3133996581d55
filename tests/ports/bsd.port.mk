# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# What of FreeBSD's ports framework the ports of this project use, for
# tools/ports_test.sh: from a distfile to a stage, whose files are compared with
# the port's list.  The module is not built but made up: a workstation has no
# kernel to build it for.

PREFIX?=	/usr/local
KMODDIR?=	/boot/modules
WRKDIR=		${.CURDIR}/work
WRKSRC=		${WRKDIR}/${DISTNAME}
STAGEDIR=	${WRKDIR}/stage
EXAMPLESDIR=	${PREFIX}/share/examples/${PORTNAME}
MKDIR=		mkdir -p
INSTALL_DATA=	install -m 444
INSTALL_MAN=	sh -c 'for last; do :; done; mkdir -p "$$last"; \
		    install -m 444 "$$@"' install

.MAIN: check-plist

extract:
	cd ${.CURDIR} && sed -n 's/^SHA256 (\(.*\)) = \(.*\)/\2  \1/p' \
	    distinfo >${DISTDIR}/sums
	cd ${DISTDIR} && sha256sum --quiet -c sums
	@${MKDIR} ${WRKDIR}
	tar -xzf ${DISTDIR}/${DISTNAME}.tar.gz -C ${WRKDIR}

build: extract
	test -f ${BUILD_WRKSRC}/Makefile
	grep -q '^KMOD=.*[[:space:]]${PORTNAME}$$' ${BUILD_WRKSRC}/Makefile
	echo module >${BUILD_WRKSRC}/${PORTNAME}.ko

do-install: build
	@${MKDIR} ${STAGEDIR}${KMODDIR}
	install -m 555 ${INSTALL_WRKSRC}/${PORTNAME}.ko ${STAGEDIR}${KMODDIR}

post-install: do-install
post-install-EXAMPLES-on: post-install

# The list's files, absolute, and those of PORTEXAMPLES; what is staged.
check-plist: post-install-EXAMPLES-on
	sed -e 's,%%KMODDIR%%,${KMODDIR:S,/,,},' \
	    -e 's,^\([^/]\),${PREFIX}/\1,' ${.CURDIR}/pkg-plist \
	    >${WRKDIR}/wanted
.for file in ${PORTEXAMPLES}
	echo ${EXAMPLESDIR}/${file} >>${WRKDIR}/wanted
.endfor
	find ${STAGEDIR}${PREFIX}/share/man -type f -exec gzip -n '{}' +
	(cd ${STAGEDIR} && find . -type f) | sed 's/^\.//' | sort \
	    >${WRKDIR}/staged
	sort ${WRKDIR}/wanted | diff - ${WRKDIR}/staged
