// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copyright (C) 2026 the hw-offload authors
 *
 * The anti-replay window of inbound packet offload, up to 256 wide, with
 * extended sequence numbers as in RFC 4303, appendix A2. All of it runs under
 * the SA's lock.
 */
#include "nicsim.h"

/* The full sequence number for the 32 bits that travel in the packet */
bool nicsim_replay_infer(struct nicsim_sa *sa, u32 low, u64 *seq)
{
	u32 top_low = lower_32_bits(sa->seq);
	u32 top_high = upper_32_bits(sa->seq);
	u32 bottom = top_low - sa->window + 1;
	u32 high;

	if (!sa->esn) {
		*seq = low;
		return true;
	}
	if (top_low >= sa->window - 1) {
		/* the window lies within one 32 bit epoch */
		high = low >= bottom ? top_high : top_high + 1;
	} else {
		/* the window reaches back into the previous epoch */
		if (low >= bottom && !top_high)
			return false;
		high = low >= bottom ? top_high - 1 : top_high;
	}
	*seq = ((u64)high << 32) | low;
	return true;
}

bool nicsim_replay_fresh(struct nicsim_sa *sa, u64 seq)
{
	if (!sa->window || seq > sa->seq)
		return true;
	if (!seq || sa->seq - seq >= sa->window)
		return false;
	return !test_bit(do_div(seq, sa->window), sa->seen);
}

void nicsim_replay_mark(struct nicsim_sa *sa, u64 seq)
{
	u64 slot;

	if (!sa->window) {
		sa->seq = max(sa->seq, seq);
		return;
	}
	if (seq > sa->seq) {
		if (seq - sa->seq >= sa->window) {
			bitmap_zero(sa->seen, NICSIM_MAX_WINDOW);
			sa->seq = seq;
		}
		while (sa->seq < seq) {
			slot = ++sa->seq;
			clear_bit(do_div(slot, sa->window), sa->seen);
		}
	}
	slot = seq;
	set_bit(do_div(slot, sa->window), sa->seen);
}
