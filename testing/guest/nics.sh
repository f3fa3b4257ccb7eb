# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# The simulated NICs: loading, what they can do, what is left in them.

nic_limit() { :; }
nic_tables() { :; }
