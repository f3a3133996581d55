/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The kernel's general interface: printing, sleeping, copying, the kernel
 * environment, unit numbers.
 */

#ifndef _SYS_SYSTM_H_
#define	_SYS_SYSTM_H_

#include <sys/types.h>
#include <sys/callout.h>
#include <sys/kassert.h>
#include <sys/queue.h>
#include <sys/stdint.h>
#include <machine/atomic.h>
#include <machine/cpufunc.h>

#define	__read_mostly
#define	__read_frequently
#define	__exclusive_cache_line	__aligned(CACHE_LINE_SIZE)

#ifdef _KERNEL
#include <sys/param.h>
#include <sys/pcpu.h>

extern int cold;
extern int rebooting;
extern int bootverbose;
extern int boothowto;
extern const char version[];
extern long physmem;
extern u_long maxphys;
extern bool scheduler_stopped;
#define	SCHEDULER_STOPPED()	__predict_false(scheduler_stopped)
extern const int osreldate;

extern int vm_guest;
enum VM_GUEST { VM_GUEST_NO = 0, VM_GUEST_VM, VM_GUEST_XEN, VM_GUEST_HV,
		VM_GUEST_VMWARE, VM_GUEST_KVM, VM_GUEST_BHYVE, VM_GUEST_VBOX,
		VM_GUEST_PARALLELS, VM_GUEST_NVMM, VM_GUEST_LAST };

struct cdev;
struct lock_object;
struct malloc_type;
struct mtx;
struct proc;
struct thread;
struct uio;

int	nullop(void);
int	eopnotsupp(void);

/* The end of the machine: `howto' is of <sys/reboot.h>. */
void	kern_reboot(int) __dead2;
void	shutdown_nice(int);

/* Between these two calls the thread is not preempted, and it may not block. */
void	critical_enter(void);
void	critical_exit(void);

/*
 * Printing.  All work in every context.
 */
int	kvprintf(char const *, void (*)(int, void *), void *, int, __va_list)
	    __printflike(1, 0);
void	log(int, const char *, ...) TK_SYM(log) __printflike(2, 3);
void	vlog(int, const char *, __va_list) TK_SYM(vlog) __printflike(2, 0);
int	asprintf(char **ret, struct malloc_type *mtp, const char *format, ...)
	    TK_SYM(asprintf) __printflike(3, 4);
int	printf(const char *, ...) TK_SYM(printf) __printflike(1, 2);
int	snprintf(char *, size_t, const char *, ...) TK_SYM(snprintf)
	    __printflike(3, 4);
int	sprintf(char *buf, const char *, ...) TK_SYM(sprintf)
	    __printflike(2, 3);
int	uprintf(const char *, ...) TK_SYM(uprintf) __printflike(1, 2);
int	vprintf(const char *, __va_list) TK_SYM(vprintf) __printflike(1, 0);
int	vasprintf(char **ret, struct malloc_type *mtp, const char *format,
	    __va_list ap) TK_SYM(vasprintf) __printflike(3, 0);
int	vsnprintf(char *, size_t, const char *, __va_list) TK_SYM(vsnprintf)
	    __printflike(3, 0);
int	vsnrprintf(char *, size_t, int, const char *, __va_list)
	    TK_SYM(vsnrprintf) __printflike(4, 0);
int	vsprintf(char *buf, const char *, __va_list) TK_SYM(vsprintf)
	    __printflike(2, 0);
void	hexdump(const void *ptr, int length, const char *hdr, int flags)
	    TK_SYM(hexdump);
#define	HD_COLUMN_MASK	0xff
#define	HD_DELIM_MASK	0xff00
#define	HD_OMIT_COUNT	(1 << 16)
#define	HD_OMIT_HEX	(1 << 17)
#define	HD_OMIT_CHARS	(1 << 18)

long	strtol(const char *, char **, int);
u_long	strtoul(const char *, char **, int);
quad_t	strtoq(const char *, char **, int) TK_SYM(strtoq);
u_quad_t strtouq(const char *, char **, int) TK_SYM(strtouq);

/*
 * Memory
 */
void	explicit_bzero(void *, size_t);
void	*memset(void *buf, int c, size_t len);
void	*memcpy(void *to, const void *from, size_t len);
void	*memmove(void *dest, const void *src, size_t n);
int	memcmp(const void *b1, const void *b2, size_t len);
#define	bcopy(from, to, len)	__builtin_memmove((to), (from), (len))
#define	bzero(buf, len)		__builtin_memset((buf), 0, (len))
#define	bcmp(b1, b2, len)	__builtin_memcmp((b1), (b2), (len))
#define	memset(buf, c, len)	__builtin_memset((buf), (c), (len))
#define	memcpy(to, from, len)	__builtin_memcpy((to), (from), (len))
#define	memmove(dest, src, n)	__builtin_memmove((dest), (src), (n))
#define	memcmp(b1, b2, len)	__builtin_memcmp((b1), (b2), (len))
#define	ovbcopy(f, t, l)	bcopy((f), (t), (l))

/*
 * User space is the program itself: the copies succeed unless there is nothing
 * at the user's address (EFAULT; see tk_user_len()) or a fault is injected.
 * They may sleep.
 */
int __result_use_check copyinstr(const void * __restrict udaddr,
    void * __restrict kaddr, size_t len, size_t * __restrict lencopied);
int __result_use_check copyin(const void * __restrict udaddr,
    void * __restrict kaddr, size_t len);
__nodiscard int copyout(const void * __restrict kaddr,
    void * __restrict udaddr, size_t len);

/*
 * The kernel environment
 */
char	*kern_getenv(const char *name);
void	freeenv(char *env);
int	getenv_int(const char *name, int *data);
int	getenv_uint(const char *name, unsigned int *data);
int	getenv_long(const char *name, long *data);
int	getenv_ulong(const char *name, unsigned long *data);
int	getenv_string(const char *name, char *data, int size);
int	getenv_int64(const char *name, int64_t *data);
int	getenv_uint64(const char *name, uint64_t *data);
int	getenv_quad(const char *name, quad_t *data);
int	getenv_bool(const char *name, bool *data);
bool	getenv_is_true(const char *name);
bool	getenv_is_false(const char *name);
int	kern_setenv(const char *name, const char *value);
int	kern_unsetenv(const char *name);
int	testenv(const char *name);

#include <sys/libkern.h>

/*
 * Sleeping: sleep(9)
 */
int	_sleep(const void *chan, struct lock_object *lock, int pri,
	    const char *wmesg, sbintime_t sbt, sbintime_t pr, int flags);
#define	msleep(chan, mtx, pri, wmesg, timo)				\
	_sleep((chan), &(mtx)->lock_object, (pri), (wmesg),		\
	    tick_sbt * (timo), 0, C_HARDCLOCK)
#define	msleep_sbt(chan, mtx, pri, wmesg, bt, pr, flags)		\
	_sleep((chan), &(mtx)->lock_object, (pri), (wmesg), (bt), (pr),	\
	    (flags))
int	msleep_spin_sbt(const void *chan, struct mtx *mtx, const char *wmesg,
	    sbintime_t sbt, sbintime_t pr, int flags);
#define	msleep_spin(chan, mtx, wmesg, timo)				\
	msleep_spin_sbt((chan), (mtx), (wmesg), tick_sbt * (timo),	\
	    0, C_HARDCLOCK)
int	pause_sbt(const char *wmesg, sbintime_t sbt, sbintime_t pr, int flags);
static __inline int
pause(const char *wmesg, int timo)
{
	return (pause_sbt(wmesg, tick_sbt * timo, 0, C_HARDCLOCK));
}
#define	pause_sig(wmesg, timo)						\
	pause_sbt((wmesg), tick_sbt * (timo), 0, C_HARDCLOCK | C_CATCH)
#define	tsleep(chan, pri, wmesg, timo)					\
	_sleep((chan), NULL, (pri), (wmesg), tick_sbt * (timo),		\
	    0, C_HARDCLOCK)
#define	tsleep_sbt(chan, pri, wmesg, bt, pr, flags)			\
	_sleep((chan), NULL, (pri), (wmesg), (bt), (pr), (flags))
void	wakeup(const void *chan);
void	wakeup_one(const void *chan);
void	wakeup_any(const void *chan);

/* Wait in a busy loop.  Any context. */
void	DELAY(int usec);

const char *devtoname(struct cdev *);

/*
 * Unit numbers: unr(9)
 */
struct unrhdr;
struct unrhdr *new_unrhdr(int low, int high, struct mtx *mutex);
void	delete_unrhdr(struct unrhdr *uh);
int	alloc_unr(struct unrhdr *uh);
int	alloc_unrl(struct unrhdr *uh);
int	alloc_unr_specific(struct unrhdr *uh, u_int item);
void	free_unr(struct unrhdr *uh, u_int item);

#ifdef INVARIANTS
#define	__diagused
#else
#define	__diagused	__unused
#endif
#define	__witness_used
#endif /* _KERNEL */

#endif /* !_SYS_SYSTM_H_ */
