/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A character device that gives back what was written to it: see echo(4).
 *
 * The buffer is a ring.  A copy from or to a program may sleep, so the mutex is
 * not held meanwhile.  Instead one thread at a time copies out and one copies
 * in, each in its own part of the ring.  So a copy that fails loses nothing.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/module.h>
#include <sys/sysctl.h>

#include "echo.h"
#include "kpi_cdev.h"
#include "kpi_mtx.h"

static struct echo_softc {
	struct kpi_mtx	mtx;
	struct kpi_cdev	cdev;
	/* Under mtx: */
	size_t		head;		/* the first byte to be read */
	size_t		len;		/* bytes in the ring */
	bool		reading;	/* a thread copies out, ... */
	bool		writing;	/* ... a thread copies in */
	/* Parts belong to the thread that reads or writes: */
	char		ring[ECHO_SIZE];
} echo_softc;

/* Bytes that were written.  Under mtx. */
static uint64_t echo_bytes;

static SYSCTL_NODE(_kern, OID_AUTO, echo, CTLFLAG_RD | CTLFLAG_MPSAFE, NULL,
    "The device that echoes");
SYSCTL_U64(_kern_echo, OID_AUTO, bytes, CTLFLAG_RD, &echo_bytes, 0,
    "Bytes that were written");

static size_t
echo_readable(void *arg)
{
	const struct echo_softc *sc = arg;

	return (sc->len);
}

static size_t
echo_writable(void *arg)
{
	const struct echo_softc *sc = arg;

	return (ECHO_SIZE - sc->len);
}

/* Wait until it is this thread's turn and there is something to copy. */
static int
echo_begin(struct echo_softc *sc, bool *busy, size_t (*ready)(void *),
    int flags)
{
	int error;

	while (*busy || ready(sc) == 0) {
		error = kpi_cdev_wait(&sc->cdev, flags, "echo");
		if (error != 0)
			return (error);
	}
	*busy = true;
	return (0);
}

/* Copy to the program until it has enough, with the mutex held; count them. */
static int
echo_copyout(struct echo_softc *sc, struct uio *uio, size_t *done)
{
	size_t from, n;
	int error = 0;

	while (error == 0 && *done < sc->len && kpi_uio_resid(uio) != 0) {
		from = (sc->head + *done) % ECHO_SIZE;
		n = MIN(sc->len - *done, ECHO_SIZE - from);
		n = MIN(n, kpi_uio_resid(uio));
		kpi_mtx_unlock(&sc->mtx);
		error = kpi_uiomove(sc->ring + from, n, uio);
		kpi_mtx_lock(&sc->mtx);
		*done += n;
	}
	return (error);
}

static int
echo_read(void *arg, struct uio *uio, int flags)
{
	struct echo_softc *sc = arg;
	size_t done = 0;
	int error;

	kpi_mtx_lock(&sc->mtx);
	error = echo_begin(sc, &sc->reading, echo_readable, flags);
	if (error == 0) {
		error = echo_copyout(sc, uio, &done);
		if (error == 0) {
			sc->head = (sc->head + done) % ECHO_SIZE;
			sc->len -= done;
		}
		sc->reading = false;
		kpi_cdev_notify(&sc->cdev);
	}
	kpi_mtx_unlock(&sc->mtx);
	return (error);
}

/* Copy once from the program, with the mutex held. */
static int
echo_copyin(struct echo_softc *sc, struct uio *uio)
{
	size_t tail = (sc->head + sc->len) % ECHO_SIZE;
	size_t n = MIN(ECHO_SIZE - sc->len, ECHO_SIZE - tail);
	int error;

	n = MIN(n, kpi_uio_resid(uio));
	kpi_mtx_unlock(&sc->mtx);
	error = kpi_uiomove(sc->ring + tail, n, uio);
	kpi_mtx_lock(&sc->mtx);
	if (error == 0) {
		sc->len += n;
		echo_bytes += n;
	}
	return (error);
}

static int
echo_write(void *arg, struct uio *uio, int flags)
{
	struct echo_softc *sc = arg;
	int error = 0;

	kpi_mtx_lock(&sc->mtx);
	while (error == 0 && kpi_uio_resid(uio) != 0) {
		error = echo_begin(sc, &sc->writing, echo_writable, flags);
		if (error != 0)
			break;
		error = echo_copyin(sc, uio);
		sc->writing = false;
		kpi_cdev_notify(&sc->cdev);
	}
	kpi_mtx_unlock(&sc->mtx);
	return (error);
}

/* Forget the bytes, while no thread copies any. */
static int
echo_clear(struct echo_softc *sc, int flags)
{
	int error = 0;

	kpi_mtx_lock(&sc->mtx);
	while (error == 0 && (sc->reading || sc->writing))
		error = kpi_cdev_wait(&sc->cdev, flags, "echoclr");
	if (error == 0) {
		sc->len = 0;
		kpi_cdev_notify(&sc->cdev);
	}
	kpi_mtx_unlock(&sc->mtx);
	return (error);
}

static int
echo_ioctl(void *arg, u_long cmd, void *data, size_t len __unused,
    int flags)
{
	switch (cmd) {
	case ECHO_GETSIZE:
		*(uint32_t *)data = ECHO_SIZE;
		return (0);
	case ECHO_CLEAR:
		return (echo_clear(arg, flags));
	case ECHO_SETSIZE:
		return (EOPNOTSUPP);
	default:
		return (ENOTTY);
	}
}

static const struct kpi_cdev_ops echo_ops = {
	.kco_read =	echo_read,
	.kco_write =	echo_write,
	.kco_ioctl =	echo_ioctl,
	.kco_readable =	echo_readable,
	.kco_writable =	echo_writable,
};

static int
echo_load(struct echo_softc *sc)
{
	sc->head = sc->len = 0;
	kpi_mtx_init(&sc->mtx, "echo", KPI_MTX_DEF);
	return (kpi_cdev_create(&sc->cdev, "echo", 0666, &sc->mtx, &echo_ops,
	    sc));
}

/* After a load that failed, too. */
static void
echo_unload(struct echo_softc *sc)
{
	kpi_cdev_destroy(&sc->cdev);
	kpi_mtx_destroy(&sc->mtx);
}

static int
echo_modevent(module_t mod __unused, int what, void *arg __unused)
{
	switch (what) {
	case MOD_LOAD:
		return (echo_load(&echo_softc));
	case MOD_UNLOAD:
		echo_unload(&echo_softc);
		return (0);
	default:
		return (EOPNOTSUPP);
	}
}

static moduledata_t echo_module = {
	"echo",
	echo_modevent,
	NULL,
};

DECLARE_MODULE(echo, echo_module, SI_SUB_DRIVERS, SI_ORDER_ANY);
MODULE_VERSION(echo, 1);
