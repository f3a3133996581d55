/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The kernel environment and tunables.  It begins with KERN_ENV of the host's
 * environment (name=value;name=value).
 */

#include "tk_var.h"

#define	KENV_MAX	128
#define	KENV_NAME	64
#define	KENV_VALUE	128

static struct {
	char name[KENV_NAME];
	char value[KENV_VALUE];
} kenv[KENV_MAX];

static int
kenv_find(const char *name)
{
	for (int i = 0; i < KENV_MAX; i++) {
		if (kenv[i].name[0] == name[0] &&
		    strcmp(kenv[i].name, name) == 0)
			return (i);
	}
	return (-1);
}

static void
kenv_boot(void *arg __unused)
{
	const char *env = tkh_getenv("KERN_ENV");
	char name[KENV_NAME], value[KENV_VALUE];
	size_t n;

	memset(kenv, 0, sizeof(kenv));
	while (env != NULL && *env != '\0') {
		n = strcspn(env, "=;");
		strlcpy(name, env, MIN(n + 1, sizeof(name)));
		env += n;
		if (*env == '=')
			env++;
		n = strcspn(env, ";");
		strlcpy(value, env, MIN(n + 1, sizeof(value)));
		env += n;
		if (*env == ';')
			env++;
		(void)kern_setenv(name, value);
	}
}
SYSINIT(kenv_boot, SI_SUB_TUNABLES, SI_ORDER_FIRST, kenv_boot, NULL);

/* A copy that freeenv() frees, or NULL. */
char *
kern_getenv(const char *name)
{
	int i = kenv_find(name);

	return (i < 0 ? NULL : strdup(kenv[i].value, M_TEMP));
}

void
freeenv(char *env)
{
	free(env, M_TEMP);
}

int
testenv(const char *name)
{
	return (kenv_find(name) >= 0);
}

int
kern_setenv(const char *name, const char *value)
{
	int i = kenv_find(name);

	if (name[0] == '\0' || strlen(name) >= KENV_NAME ||
	    strlen(value) >= KENV_VALUE)
		return (-1);
	if (i < 0 && (i = kenv_find("")) < 0)
		return (-1);
	strlcpy(kenv[i].name, name, KENV_NAME);
	strlcpy(kenv[i].value, value, KENV_VALUE);
	return (0);
}

int
kern_unsetenv(const char *name)
{
	int i = kenv_find(name);

	if (i < 0)
		return (-1);
	kenv[i].name[0] = '\0';
	return (0);
}

int
getenv_string(const char *name, char *data, int size)
{
	int i = kenv_find(name);

	if (i < 0)
		return (0);
	strlcpy(data, kenv[i].value, size);
	return (1);
}

/* A number in C's notation, with k, m, g or t behind it for powers of 1024. */
int
getenv_quad(const char *name, quad_t *data)
{
	static const char suffixes[] = "kmgt";
	const char *suffix;
	char *end;
	quad_t value;
	int i = kenv_find(name);

	if (i < 0)
		return (0);
	value = strtol(kenv[i].value, &end, 0);
	if (end == kenv[i].value)
		return (0);
	if (*end != '\0') {
		suffix = strchr(suffixes, *end | 0x20);
		if (suffix == NULL || end[1] != '\0')
			return (0);
		value <<= 10 * (suffix - suffixes + 1);
	}
	*data = value;
	return (1);
}

#define	TK_GETENV(name, type)						\
int									\
getenv_##name(const char *env, type *data)				\
{									\
	quad_t value;							\
									\
	if (!getenv_quad(env, &value))					\
		return (0);						\
	*data = (type)value;						\
	return (1);							\
}
TK_GETENV(int, int)
TK_GETENV(uint, unsigned int)
TK_GETENV(long, long)
TK_GETENV(ulong, unsigned long)
TK_GETENV(int64, int64_t)
TK_GETENV(uint64, uint64_t)

int
getenv_bool(const char *name, bool *data)
{
	static const char *const words[][2] = {
		{ "0", "1" }, { "false", "true" }, { "no", "yes" },
		{ "off", "on" }
	};
	int i = kenv_find(name);

	if (i < 0)
		return (0);
	for (size_t w = 0; w < nitems(words); w++) {
		for (int value = 0; value <= 1; value++) {
			if (strcasecmp(kenv[i].value, words[w][value]) == 0) {
				*data = value;
				return (1);
			}
		}
	}
	return (0);
}

bool
getenv_is_true(const char *name)
{
	bool value;

	return (getenv_bool(name, &value) && value);
}

bool
getenv_is_false(const char *name)
{
	bool value;

	return (getenv_bool(name, &value) && !value);
}

#define	TK_TUNABLE_INIT(kind)						\
TK_ANY_FN void								\
tunable_##kind##_init(const void *data)					\
{									\
	const struct tunable_##kind *t = data;				\
									\
	(void)getenv_##kind(t->path, t->var);				\
}
TK_TUNABLE_INIT(int)
TK_TUNABLE_INIT(long)
TK_TUNABLE_INIT(ulong)
TK_TUNABLE_INIT(int64)
TK_TUNABLE_INIT(uint64)
TK_TUNABLE_INIT(quad)
TK_TUNABLE_INIT(bool)

void
tunable_str_init(const void *data)
{
	const struct tunable_str *t = data;

	(void)getenv_string(t->path, t->var, t->size);
}
