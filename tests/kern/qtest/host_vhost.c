/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * vhost-device-sound, the device behind QEMU's vhost-user-snd-pci: whether it
 * is installed, its start and its end.  It listens on a socket in a folder of
 * its own.  With the ALSA backend the files of its sound card
 * (tests/vhost/alsa_card.c) are there, too.  The folder goes when the program
 * ends.
 */

#define	_GNU_SOURCE
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "qtest_var.h"
#include "wav.h"

#define	VHOST_PROGRAM	"vhost-device-sound"
#define	VHOST_START_MS	10000		/* until it listens */
#define	VHOST_END_MS	5000		/* to end after SIGTERM */

static const char *
vhost_program(const struct tk_qtest_config *c)
{
	const char *named;

	if (c->vhost != NULL)
		return (c->vhost);
	named = getenv("VHOST_DEVICE_SOUND");
	return (named != NULL && *named != '\0' ? named : VHOST_PROGRAM);
}

int
vhost_check(struct tk_qtest *q, const struct tk_qtest_config *c)
{
	char text[QTEST_LINE];
	int error;

	error = qtest_query(vhost_program(c), "--version", NULL, text,
	    sizeof(text));
	if (error == ENOENT)
		return (qtest_report(q, error, "vhost-device-sound is missing: "
		    "there is no %s; type: sh tools/deps.sh --vhost",
		    vhost_program(c)));
	if (error != 0)
		return (qtest_report(q, error, "cannot run %s: %s",
		    vhost_program(c), strerror(error)));
	if (strncmp(text, VHOST_PROGRAM " ", strlen(VHOST_PROGRAM " ")) != 0)
		return (qtest_report(q, ENODEV, "%s is not vhost-device-sound: "
		    "it does not tell a version", vhost_program(c)));
	if (c->device == TK_QTEST_VHOST_ALSA &&
	    access(KPI_ALSA_CARD, R_OK) != 0)
		return (qtest_report(q, ENOENT, "the card for "
		    "vhost-device-sound was not built, there is no %s; type: "
		    "sh tools/deps.sh --vhost; then remove out/build",
		    KPI_ALSA_CARD));
	return (0);
}

/* Names in the folder.  The buffer must have room for them. */
static const char *
path_in(const struct vhost *v, const char *name, char *buf, size_t len)
{

	snprintf(buf, len, "%s/%s", v->folder, name);
	return (buf);
}

const char *
vhost_socket(const struct vhost *v)
{
	static char path[112];

	return (path_in(v, "socket", path, sizeof(path)));
}

/*
 * ALSA's configuration: the card alone.
 */
static int
write_conf(struct tk_qtest *q, const struct tk_qtest_config *c)
{
	char path[112], *heard;
	FILE *file;
	int error;

	file = fopen(path_in(&q->vhost, "alsa.conf", path, sizeof(path)), "w");
	if (file == NULL)
		return (qtest_report(q, errno, "cannot write %s: %s", path,
		    strerror(errno)));
	fprintf(file, "pcm_type.card { lib \"%s\" }\n"
	    "pcm.!default { type card folder \"%s\" }\n"
	    "ctl.!default { type null }\n", KPI_ALSA_CARD, q->vhost.folder);
	fclose(file);
	if (c->hear == NULL)
		return (0);
	heard = realpath(c->hear, NULL);
	error = heard == NULL || symlink(heard, path_in(&q->vhost, "heard",
	    path, sizeof(path))) != 0 ? errno : 0;
	free(heard);
	if (error != 0)
		return (qtest_report(q, error, "cannot record from %s: %s",
		    c->hear, strerror(error)));
	return (0);
}

/* Our environment and one more variable.  The caller frees the array only. */
static char **
environment(char *more)
{
	char **env;
	size_t n;

	for (n = 0; environ[n] != NULL; n++)
		;
	env = calloc(n + 2, sizeof(*env));
	if (env == NULL)
		return (NULL);
	env[0] = more;
	memcpy(env + 1, environ, n * sizeof(*env));
	return (env);
}

static int
run(struct tk_qtest *q, const struct tk_qtest_config *c)
{
	char conf[144], path[112], socket[128];
	char *argv[] = { (char *)vhost_program(c), socket, "--backend",
	    c->device == TK_QTEST_VHOST_ALSA ? "alsa" : "null", NULL };
	struct spawn s = { .argv = argv, .out = -1,
	    .err = q->vhost.stderr_fd };
	char **env;
	int error;

	snprintf(socket, sizeof(socket), "--socket=%s",
	    vhost_socket(&q->vhost));
	snprintf(conf, sizeof(conf), "ALSA_CONFIG_PATH=%s",
	    path_in(&q->vhost, "alsa.conf", path, sizeof(path)));
	env = environment(conf);
	if (env == NULL)
		return (qtest_report(q, ENOMEM, "out of memory"));
	s.env = env;
	error = qtest_spawn(&s, &q->vhost.pid);
	free(env);
	if (error != 0)
		return (qtest_report(q, error, "cannot run %s: %s", argv[0],
		    strerror(error)));
	return (0);
}

/*
 * On Linux, /proc says which sockets are listened on.  Elsewhere it is enough
 * that the socket exists.
 */
static bool
listens(const char *path)
{
	enum { LISTENING = 0x10000 };
	unsigned int flags;
	char at[128], line[256];
	struct stat st;
	FILE *file;
	bool found;

	file = fopen("/proc/net/unix", "r");
	if (file == NULL)
		return (stat(path, &st) == 0);
	found = false;
	while (!found && fgets(line, sizeof(line), file) != NULL)
		found = sscanf(line, "%*s %*s %*s %x %*s %*s %*s %127s",
		    &flags, at) == 2 && (flags & LISTENING) != 0 &&
		    strcmp(at, path) == 0;
	fclose(file);
	return (found);
}

static int
await(struct tk_qtest *q)
{
	const struct timespec step = { .tv_nsec = 2000000 };
	char said[160];
	int64_t end;
	int status;

	end = qtest_now_ms() + VHOST_START_MS;
	while (!listens(vhost_socket(&q->vhost))) {
		if (qtest_reap(q->vhost.pid, 0, &status)) {
			q->vhost.pid = 0;
			qtest_last_words(q->vhost.stderr_fd, said,
			    sizeof(said));
			return (qtest_report(q, EIO, "vhost-device-sound "
			    "does not start: %s", said));
		}
		if (qtest_now_ms() >= end)
			return (qtest_report(q, ETIMEDOUT, "vhost-device-sound "
			    "does not listen"));
		nanosleep(&step, NULL);
	}
	return (0);
}

int
vhost_start(struct tk_qtest *q, const struct tk_qtest_config *c)
{
	struct vhost *v = &q->vhost;
	const char *tmp = getenv("TMPDIR");
	int error;

	if (tmp == NULL || *tmp == '\0')
		tmp = "/tmp";
	/* The name of a socket has room for about this much. */
	if (snprintf(v->folder, sizeof(v->folder), "%s/kpi-vhost.XXXXXX",
	    tmp) >= (int)sizeof(v->folder)) {
		v->folder[0] = '\0';
		return (qtest_report(q, ERANGE, "TMPDIR=%s is too long a name "
		    "for a socket in it", tmp));
	}
	if (mkdtemp(v->folder) == NULL) {
		v->folder[0] = '\0';
		return (qtest_report(q, errno, "cannot make a folder: %s",
		    strerror(errno)));
	}
	v->stderr_fd = memfd_create("stderr", MFD_CLOEXEC);
	v->wav_rate = c->wav_rate != 0 ? c->wav_rate : 48000;
	if (c->wav != NULL && c->device == TK_QTEST_VHOST_ALSA) {
		v->wav = strdup(c->wav);
		if (v->wav == NULL)
			return (qtest_report(q, ENOMEM, "out of memory"));
	}
	error = write_conf(q, c);
	if (error == 0)
		error = run(q, c);
	if (error == 0)
		error = await(q);
	return (error);
}

/* Read all that was played.  With nothing played, *samples may be NULL. */
static int
read_played(const struct vhost *v, void **samples, size_t *len)
{
	char path[112];
	struct stat st;
	int error, fd;

	*samples = NULL;
	*len = 0;
	fd = open(path_in(v, "played", path, sizeof(path)),
	    O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return (errno == ENOENT ? 0 : errno);
	error = fstat(fd, &st) == 0 ? 0 : errno;
	if (error == 0 && st.st_size > 0) {
		*samples = malloc(st.st_size);
		if (*samples == NULL)
			error = ENOMEM;
		else if (read(fd, *samples, st.st_size) != st.st_size)
			error = EIO;
		*len = st.st_size;
	}
	close(fd);
	return (error);
}

static int
write_wav(struct tk_qtest *q)
{
	const struct vhost *v = &q->vhost;
	const struct wav_format format = { .rate = v->wav_rate, .channels = 2,
	    .bits = 16 };
	void *samples;
	size_t len;
	int error;

	error = read_played(v, &samples, &len);
	if (error == 0)
		error = wav_write(v->wav, &format, samples, len);
	free(samples);
	if (error != 0)
		qtest_report(q, error, "cannot write %s: %s", v->wav,
		    strerror(error));
	return (error);
}

static void
remove_folder(struct vhost *v)
{
	static const char *const names[] = {
		"socket", "alsa.conf", "played", "heard"
	};
	char path[112];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_in(v, names[i], path, sizeof(path)));
	rmdir(v->folder);
	v->folder[0] = '\0';
}

int
vhost_stop(struct tk_qtest *q)
{
	struct vhost *v = &q->vhost;
	int error;

	error = 0;
	if (v->folder[0] == '\0')
		return (0);
	qtest_end(&v->pid, VHOST_END_MS);
	if (v->wav != NULL)
		error = write_wav(q);
	free(v->wav);
	qtest_close_fd(&v->stderr_fd);
	remove_folder(v);
	return (error);
}
