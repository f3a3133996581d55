/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Methods of a driver of gpio(4) pins.  FreeBSD generates this header from
 * gpio_if.m; the methods, their types and their defaults are the same.  Left
 * out: mapping, several pins at once, lists of pins.
 */

#ifndef _gpio_if_h_
#define	_gpio_if_h_

#include <sys/bus.h>
#include <sys/gpio.h>

#include <dev/ofw/openfirm.h>

extern struct kobjop_desc gpio_get_bus_desc;
typedef device_t gpio_get_bus_t(device_t dev);

static __inline TK_KOBJ_CALL device_t
GPIO_GET_BUS(device_t dev)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, gpio_get_bus);
	return (((gpio_get_bus_t *)_m)(dev));
}

extern struct kobjop_desc gpio_pin_max_desc;
typedef int gpio_pin_max_t(device_t dev, int *maxpin);

static __inline TK_KOBJ_CALL int
GPIO_PIN_MAX(device_t dev, int *maxpin)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, gpio_pin_max);
	return (((gpio_pin_max_t *)_m)(dev, maxpin));
}

extern struct kobjop_desc gpio_pin_set_desc;
typedef int gpio_pin_set_t(device_t dev, uint32_t pin_num, uint32_t pin_value);

static __inline TK_KOBJ_CALL int
GPIO_PIN_SET(device_t dev, uint32_t pin_num, uint32_t pin_value)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, gpio_pin_set);
	return (((gpio_pin_set_t *)_m)(dev, pin_num, pin_value));
}

extern struct kobjop_desc gpio_pin_get_desc;
typedef int gpio_pin_get_t(device_t dev, uint32_t pin_num,
	    uint32_t *pin_value);

static __inline TK_KOBJ_CALL int
GPIO_PIN_GET(device_t dev, uint32_t pin_num, uint32_t *pin_value)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, gpio_pin_get);
	return (((gpio_pin_get_t *)_m)(dev, pin_num, pin_value));
}

extern struct kobjop_desc gpio_pin_toggle_desc;
typedef int gpio_pin_toggle_t(device_t dev, uint32_t pin_num);

static __inline TK_KOBJ_CALL int
GPIO_PIN_TOGGLE(device_t dev, uint32_t pin_num)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, gpio_pin_toggle);
	return (((gpio_pin_toggle_t *)_m)(dev, pin_num));
}

extern struct kobjop_desc gpio_pin_getcaps_desc;
typedef int gpio_pin_getcaps_t(device_t dev, uint32_t pin_num, uint32_t *caps);

static __inline TK_KOBJ_CALL int
GPIO_PIN_GETCAPS(device_t dev, uint32_t pin_num, uint32_t *caps)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, gpio_pin_getcaps);
	return (((gpio_pin_getcaps_t *)_m)(dev, pin_num, caps));
}

extern struct kobjop_desc gpio_pin_getflags_desc;
typedef int gpio_pin_getflags_t(device_t dev, uint32_t pin_num, uint32_t
	    *flags);

static __inline TK_KOBJ_CALL int
GPIO_PIN_GETFLAGS(device_t dev, uint32_t pin_num, uint32_t *flags)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, gpio_pin_getflags);
	return (((gpio_pin_getflags_t *)_m)(dev, pin_num, flags));
}

extern struct kobjop_desc gpio_pin_getname_desc;
typedef int gpio_pin_getname_t(device_t dev, uint32_t pin_num, char *name);

static __inline TK_KOBJ_CALL int
GPIO_PIN_GETNAME(device_t dev, uint32_t pin_num, char *name)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, gpio_pin_getname);
	return (((gpio_pin_getname_t *)_m)(dev, pin_num, name));
}

extern struct kobjop_desc gpio_pin_setflags_desc;
typedef int gpio_pin_setflags_t(device_t dev, uint32_t pin_num, uint32_t
	    flags);

static __inline TK_KOBJ_CALL int
GPIO_PIN_SETFLAGS(device_t dev, uint32_t pin_num, uint32_t flags)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, gpio_pin_setflags);
	return (((gpio_pin_setflags_t *)_m)(dev, pin_num, flags));
}

#endif /* !_gpio_if_h_ */
