/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/* The cases that only a machine of our own can have. */

#ifndef _VM_CASES_H_
#define	_VM_CASES_H_

/* vm_cases_intr.c */
void	is_unit_0(void);
void	interrupts_on_a_line(void);
void	interrupts_on_a_vector_of_all_queues(void);
void	interrupts_on_a_vector_per_queue(void);

/* vm_cases_detach.c */
void	detaches_and_attaches_again(void);
void	detaches_while_it_plays(void);

/* vm_cases_module.c */
void	module_loads_and_unloads_ten_times(void);
void	module_unloads_while_it_plays(void);
void	hello_loads_and_unloads_ten_times(void);

#endif /* !_VM_CASES_H_ */
