/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What the C and the Rust of edu_rust share: the registers, by bindgen, and the
 * functions of rust/lib.rs.
 */
#ifndef _EDU_RUST_VAR_H_
#define	_EDU_RUST_VAR_H_

#include "kpi_pci.h"

#include "../edu/edu_reg.h"

#ifndef KPI_BINDGEN
extern const struct kpi_pci_id edu_rust_ids[1];

int	edu_rust_attach_device(device_t dev, void **state);
int	edu_rust_detach_device(void **state);
int	edu_rust_suspend_device(void **state);
int	edu_rust_resume_device(void **state);
#endif /* !KPI_BINDGEN */

#endif /* !_EDU_RUST_VAR_H_ */
