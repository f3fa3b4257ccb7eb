// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copyright (C) 2026 the hw-offload authors
 *
 * /sys/kernel/debug/nicsim/<port>/: the switches, the counters, and what the
 * device holds. The directory keeps the port's first name, whatever the
 * interface is called and wherever it lives.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#include "nicsim.h"

#define MAX_STATS_DELAY	(3600 * MSEC_PER_SEC)

static struct dentry *nicsim_root;

static const char * const counter_names[] = {
#define NICSIM_NAME(name) #name,
	NICSIM_COUNTERS(NICSIM_NAME)
#undef NICSIM_NAME
};

static int counters_show(struct seq_file *seq, void *unused)
{
	struct nicsim_port *port = seq->private;
	int i;

	for (i = 0; i < NICSIM_COUNTER_MAX; i++)
		seq_printf(seq, "%s %lld\n", counter_names[i],
			   atomic64_read(&port->count[i]));
	return 0;
}

static int counters_open(struct inode *inode, struct file *file)
{
	return single_open(file, counters_show, inode->i_private);
}

/* Whatever is written sets all to zero */
static ssize_t counters_write(struct file *file, const char __user *buf,
			      size_t len, loff_t *pos)
{
	struct seq_file *seq = file->private_data;
	struct nicsim_port *port = seq->private;
	int i;

	for (i = 0; i < NICSIM_COUNTER_MAX; i++)
		atomic64_set(&port->count[i], 0);
	return len;
}

static const struct file_operations counters_fops = {
	.owner = THIS_MODULE,
	.open = counters_open,
	.read = seq_read,
	.write = counters_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int stats_delay_get(void *data, u64 *value)
{
	struct nicsim_port *port = data;

	*value = nicsim_switch(&port->sw.stats_delay_ms);
	return 0;
}

/* A new delay counts from now: the counters are read at once */
static int stats_delay_set(void *data, u64 value)
{
	struct nicsim_port *port = data;

	if (value > MAX_STATS_DELAY)
		return -ERANGE;
	WRITE_ONCE(port->sw.stats_delay_ms, value);
	mod_delayed_work(nicsim_wq, &port->tick, 0);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(stats_delay_fops, stats_delay_get, stats_delay_set,
			 "%llu\n");

static void show_addr(struct seq_file *seq, const char *name, u8 family,
		      const xfrm_address_t *addr)
{
	if (family == AF_INET6)
		seq_printf(seq, " %s=%pI6c", name, addr);
	else
		seq_printf(seq, " %s=%pI4", name, addr);
}

static const char *state_name(u8 state)
{
	static const char * const names[] = {
		[XFRM_STATE_VOID] = "void",
		[XFRM_STATE_ACQ] = "acquire",
		[XFRM_STATE_VALID] = "valid",
		[XFRM_STATE_ERROR] = "error",
		[XFRM_STATE_EXPIRED] = "expired",
		[XFRM_STATE_DEAD] = "dead",
	};

	return state < ARRAY_SIZE(names) && names[state] ? names[state] : "?";
}

static void show_limit(struct seq_file *seq, const char *name, u64 limit)
{
	if (limit == XFRM_INF)
		seq_printf(seq, " %s=-", name);
	else
		seq_printf(seq, " %s=%llu", name, limit);
}

static void show_sa(struct seq_file *seq, struct nicsim_sa *sa)
{
	seq_printf(seq, "dir=%s offload=%s mode=%s state=%s",
		   sa->out ? "out" : "in", sa->packet ? "packet" : "crypto",
		   sa->tunnel ? "tunnel" : "transport",
		   sa->larval ? "larval" :
		   state_name(READ_ONCE(sa->x->km.state)));
	show_addr(seq, "src", sa->family, &sa->saddr);
	show_addr(seq, "dst", sa->family, &sa->daddr);
	seq_printf(seq, " spi=0x%08x reqid=%u esn=%d window=%u encap=%d",
		   ntohl(sa->spi), sa->reqid, sa->esn, sa->window, sa->encap);
	spin_lock_bh(&sa->lock);
	seq_printf(seq, " seq=%llu packets=%llu bytes=%llu replay=%u auth_fail=%u",
		   sa->seq, sa->now.packets, sa->now.bytes, sa->now.replay,
		   sa->now.auth_fail);
	spin_unlock_bh(&sa->lock);
	show_limit(seq, "soft_packets", sa->soft_packets);
	show_limit(seq, "hard_packets", sa->hard_packets);
	show_limit(seq, "soft_bytes", sa->soft_bytes);
	show_limit(seq, "hard_bytes", sa->hard_bytes);
	seq_putc(seq, '\n');
}

static int sas_show(struct seq_file *seq, void *unused)
{
	struct nicsim_port *port = seq->private;
	struct nicsim_sa *sa;

	rcu_read_lock();
	list_for_each_entry_rcu(sa, &port->sas, list)
		show_sa(seq, sa);
	rcu_read_unlock();
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(sas);

static void show_policy(struct seq_file *seq, const struct nicsim_policy *pol)
{
	const struct xfrm_selector *sel = &pol->sel;

	seq_printf(seq, "dir=%s action=%s priority=%u",
		   pol->out ? "out" : "in",
		   pol->action == XFRM_POLICY_BLOCK ? "block" :
		   pol->has_tmpl ? "protect" : "allow", pol->priority);
	show_addr(seq, "src", pol->family, &sel->saddr);
	seq_printf(seq, "/%u", sel->prefixlen_s);
	show_addr(seq, "dst", pol->family, &sel->daddr);
	seq_printf(seq, "/%u proto=%u sport=%u/%x dport=%u/%x ifindex=%d",
		   sel->prefixlen_d, sel->proto,
		   ntohs(sel->sport), ntohs(sel->sport_mask),
		   ntohs(sel->dport), ntohs(sel->dport_mask), sel->ifindex);
	if (pol->has_tmpl)
		seq_printf(seq, " reqid=%u mode=%s spi=0x%08x",
			   pol->tmpl.reqid,
			   pol->tmpl.mode == XFRM_MODE_TUNNEL ? "tunnel" :
								"transport",
			   ntohl(pol->tmpl.id.spi));
	seq_putc(seq, '\n');
}

static int policies_show(struct seq_file *seq, void *unused)
{
	struct nicsim_port *port = seq->private;
	struct nicsim_policy *pol;

	rcu_read_lock();
	list_for_each_entry_rcu(pol, &port->pol_out, list)
		show_policy(seq, pol);
	list_for_each_entry_rcu(pol, &port->pol_in, list)
		show_policy(seq, pol);
	rcu_read_unlock();
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(policies);

/* What the port is called now, and where its counters go next */
static int device_show(struct seq_file *seq, void *unused)
{
	static const char * const profiles[] = {
		[NICSIM_PACKET] = "packet",
		[NICSIM_CRYPTO] = "crypto",
		[NICSIM_CRYPTO_NOESN] = "crypto-noesn",
		[NICSIM_NONE] = "none",
	};
	struct nicsim_port *port = seq->private, *peer;

	seq_printf(seq, "ifname %s\n", netdev_name(port->dev));
	seq_printf(seq, "ifindex %d\n", port->dev->ifindex);
	rcu_read_lock();
	peer = rcu_dereference(port->peer);
	seq_printf(seq, "peer %s\n", peer ? peer->name : "-");
	rcu_read_unlock();
	seq_printf(seq, "profile %s\n", profiles[port->profile]);
	seq_printf(seq, "feature %s\n",
		   port->dev->features & NETIF_F_HW_ESP ? "on" : "off");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(device);

void nicsim_debugfs_add(struct nicsim_port *port)
{
	struct dentry *dir = debugfs_create_dir(port->name, nicsim_root);

	port->debugfs = dir;
#define NICSIM_FILE(name) \
	debugfs_create_u32(#name, 0644, dir, &port->sw.name);
	NICSIM_SWITCHES(NICSIM_FILE)
#undef NICSIM_FILE
	debugfs_create_file("stats_delay_ms", 0644, dir, port,
			    &stats_delay_fops);
	debugfs_create_atomic_t("tamper", 0644, dir, &port->tamper);
	debugfs_create_atomic_t("replay", 0644, dir, &port->replay);
	debugfs_create_atomic_t("lose", 0644, dir, &port->lose);
	debugfs_create_file("counters", 0644, dir, port, &counters_fops);
	debugfs_create_file("sas", 0444, dir, port, &sas_fops);
	debugfs_create_file("policies", 0444, dir, port, &policies_fops);
	debugfs_create_file("device", 0444, dir, port, &device_fops);
}

/* Waits for those who read or write a file of it */
void nicsim_debugfs_remove(struct nicsim_port *port)
{
	debugfs_remove_recursive(port->debugfs);
}

void nicsim_debugfs_init(void)
{
	nicsim_root = debugfs_create_dir("nicsim", NULL);
}

void nicsim_debugfs_exit(void)
{
	debugfs_remove_recursive(nicsim_root);
}
