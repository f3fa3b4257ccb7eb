/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * The IPComp SAs of CHILD_SAs.
 */

#include "ipcomp_sa.h"
#include "../service/sa/sa_install.h"
#include "../service/sa/sa_installer.h"
#include "../service/sa/sa_mover.h"

bool hwo_ipcomp_add(const hwo_sa_shared_t *sas, const hwo_translate_t *how,
					const kernel_ipsec_sa_id_t *id,
					const kernel_ipsec_add_sa_t *data)
{
	hwo_sa_t sa;

	return hwo_translate_ipcomp(how, id, data, &sa) &&
		   hwo_sa_install(sas, &sa, HW_OFFLOAD_NO) == 0;
}

void hwo_ipcomp_del(const hwo_sa_shared_t *sas, const kernel_ipsec_sa_id_t *id,
					uint16_t cpi)
{
	hwo_sa_id_t sa_id;

	hwo_translate_ipcomp_id(id, cpi, &sa_id);
	hwo_sa_remove(sas, &sa_id);
}

int hwo_ipcomp_move(const hwo_sa_shared_t *sas,
					const kernel_ipsec_sa_id_t *id,
					const kernel_ipsec_update_sa_t *data, hwo_sa_move_t *back)
{
	hwo_child_t child = {};
	hwo_child_sa_t *sa;
	hwo_sa_move_t move;
	hwo_sa_id_t sa_id;

	hwo_translate_ipcomp_id(id, data->cpi, &sa_id);
	sas->table->get(sas->table, &sa_id, &child);
	sa = hwo_child_find(&child, &sa_id);
	*back = (hwo_sa_move_t){
		.src = sa_id.src,
		.dst = sa_id.dst,
		.src_port = sa ? sa->src_port : 0,
		.dst_port = sa ? sa->dst_port : 0,
		.reqid = child.reqid,
	};
	hwo_translate_move(data, FALSE, &move);
	return hwo_sa_move(sas, &sa_id, &move);
}

void hwo_ipcomp_move_back(const hwo_sa_shared_t *sas,
						  const kernel_ipsec_sa_id_t *id,
						  const kernel_ipsec_update_sa_t *data,
						  const hwo_sa_move_t *back)
{
	hwo_sa_move_t move;
	hwo_sa_id_t sa_id;

	hwo_translate_ipcomp_id(id, data->cpi, &sa_id);
	hwo_translate_move(data, FALSE, &move);
	sa_id.src = move.src;
	sa_id.dst = move.dst;
	if (hwo_sa_move(sas, &sa_id, back))
	{
		hwo_sa_remove(sas, &sa_id);
	}
}
