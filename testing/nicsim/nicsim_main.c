// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copyright (C) 2026 the hw-offload authors
 *
 * nicsim - pairs of simulated Ethernet NICs that offload IPsec.
 *
 * nsNa and nsNb are the two ends of a cable. Each may be moved to a network
 * namespace and renamed; when that namespace dies it comes back to the first
 * one. This file makes the devices; what they do with packets, SAs and
 * policies is in the other files.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>

#include "nicsim.h"

#define MAX_PAIRS	64

static unsigned int pairs = 1;
module_param(pairs, uint, 0444);
MODULE_PARM_DESC(pairs, "number of cables");

static char *profile[MAX_PAIRS];
static int n_profile;
module_param_array(profile, charp, &n_profile, 0444);
MODULE_PARM_DESC(profile, "per cable: packet (default), crypto, crypto-noesn or none; a/b if the ends differ");

struct workqueue_struct *nicsim_wq;

static const netdev_features_t nicsim_plain_features =
	NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_RXCSUM;
static const netdev_features_t nicsim_esp_features =
	NETIF_F_HW_ESP | NETIF_F_HW_ESP_TX_CSUM;

static int nicsim_open(struct net_device *dev)
{
	struct nicsim_port *port = netdev_priv(dev);
	struct nicsim_port *peer = rtnl_dereference(port->peer);

	if (peer && netif_running(peer->dev)) {
		netif_carrier_on(dev);
		netif_carrier_on(peer->dev);
	}
	return 0;
}

static int nicsim_stop(struct net_device *dev)
{
	struct nicsim_port *port = netdev_priv(dev);
	struct nicsim_port *peer = rtnl_dereference(port->peer);

	netif_carrier_off(dev);
	if (peer)
		netif_carrier_off(peer->dev);
	return 0;
}

static int nicsim_dev_init(struct net_device *dev)
{
	struct nicsim_port *port = netdev_priv(dev);

	return gro_cells_init(&port->gro, dev);
}

static void nicsim_uninit(struct net_device *dev)
{
	struct nicsim_port *port = netdev_priv(dev);

	cancel_delayed_work_sync(&port->tick);
	gro_cells_destroy(&port->gro);
}

/* The kernel objects to inner checksums without ESP */
static netdev_features_t nicsim_fix_features(struct net_device *dev,
					     netdev_features_t features)
{
	if (!(features & NETIF_F_HW_ESP))
		features &= ~NETIF_F_HW_ESP_TX_CSUM;
	return features;
}

const struct net_device_ops nicsim_netdev_ops = {
	.ndo_init = nicsim_dev_init,
	.ndo_uninit = nicsim_uninit,
	.ndo_open = nicsim_open,
	.ndo_stop = nicsim_stop,
	.ndo_start_xmit = nicsim_xmit,
	.ndo_fix_features = nicsim_fix_features,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

/* bus-info names the port, so that a renamed device can be found in debugfs */
static void nicsim_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	struct nicsim_port *port = netdev_priv(dev);

	strscpy(info->driver, KBUILD_MODNAME, sizeof(info->driver));
	strscpy(info->bus_info, port->name, sizeof(info->bus_info));
}

static int nicsim_link_ksettings(struct net_device *dev,
				 struct ethtool_link_ksettings *cmd)
{
	cmd->base.speed = SPEED_25000;
	cmd->base.duplex = DUPLEX_FULL;
	cmd->base.port = PORT_FIBRE;
	cmd->base.autoneg = AUTONEG_DISABLE;
	return 0;
}

static const struct ethtool_ops nicsim_ethtool_ops = {
	.get_drvinfo = nicsim_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_link_ksettings = nicsim_link_ksettings,
};

static void nicsim_features(struct net_device *dev, enum nicsim_profile which)
{
	dev->features |= nicsim_plain_features;
	dev->hw_features |= nicsim_plain_features;
	dev->vlan_features |= nicsim_plain_features;
	dev->hw_enc_features |= nicsim_plain_features;
	if (which == NICSIM_NONE)
		return;
	dev->features |= nicsim_esp_features;
	dev->hw_features |= nicsim_esp_features;
	/* the stack marks what it prepares for crypto offload as encapsulated */
	dev->hw_enc_features |= nicsim_esp_features;
	switch (which) {
	case NICSIM_CRYPTO:
		dev->xfrmdev_ops = &nicsim_crypto_ops;
		break;
	case NICSIM_CRYPTO_NOESN:
		dev->xfrmdev_ops = &nicsim_crypto_noesn_ops;
		break;
	default:
		dev->xfrmdev_ops = &nicsim_packet_ops;
		break;
	}
}

/*
 * "ip link del" is what the removal of a NIC, or of its driver, looks like to
 * the kernel. The other end of the cable stays, without a carrier.
 */
static void nicsim_dellink(struct net_device *dev, struct list_head *head)
{
	struct nicsim_port *port = netdev_priv(dev);
	struct nicsim_port *peer = rtnl_dereference(port->peer);

	nicsim_debugfs_remove(port);
	if (peer) {
		/* whoever sends to this end has a grace period to finish */
		RCU_INIT_POINTER(peer->peer, NULL);
		RCU_INIT_POINTER(port->peer, NULL);
		netif_carrier_off(peer->dev);
	}
	unregister_netdevice_queue(dev, head);
}

/* Without setup, devices are not made by "ip link add" */
static struct rtnl_link_ops nicsim_link_ops = {
	.kind = KBUILD_MODNAME,
	.dellink = nicsim_dellink,
	/* not deleted with its namespace */
	.netns_refund = true,
};

static void nicsim_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->rtnl_link_ops = &nicsim_link_ops;
	dev->netdev_ops = &nicsim_netdev_ops;
	dev->ethtool_ops = &nicsim_ethtool_ops;
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_NO_QUEUE;
	dev->lltx = true;
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;
	dev->needs_free_netdev = true;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = ETH_MAX_MTU;
}

static void nicsim_port_init(struct nicsim_port *port, struct net_device *dev,
			     enum nicsim_profile which)
{
	int i;

	port->dev = dev;
	port->profile = which;
	strscpy(port->name, dev->name);
	spin_lock_init(&port->lock);
	for (i = 0; i < NICSIM_BUCKETS; i++) {
		INIT_HLIST_HEAD(&port->out[i]);
		INIT_HLIST_HEAD(&port->in[i]);
	}
	INIT_LIST_HEAD(&port->sas);
	INIT_LIST_HEAD(&port->pol_out);
	INIT_LIST_HEAD(&port->pol_in);
	INIT_DELAYED_WORK(&port->tick, nicsim_limits_tick);
	port->sw.crypto = 1;
	port->sw.packet = which == NICSIM_PACKET;
	port->sw.tunnel = 1;
	port->sw.esn = 1;
	port->sw.encap = which == NICSIM_PACKET;
	port->sw.byte_limits = 1;
	port->sw.policy_prio = 1;
	port->sw.prefixes = 1;
}

static struct net_device *nicsim_port_alloc(unsigned int pair, int side,
					    enum nicsim_profile which)
{
	/* locally administered, the same on each load */
	u8 mac[ETH_ALEN] = { 0x02, 'n', 's', 0, pair, 0x0a + side };
	struct net_device *dev;
	char name[IFNAMSIZ];

	snprintf(name, sizeof(name), "ns%u%c", pair, 'a' + side);
	dev = alloc_netdev(sizeof(struct nicsim_port), name, NET_NAME_ENUM,
			   nicsim_setup);
	if (!dev)
		return NULL;
	eth_hw_addr_set(dev, mac);
	nicsim_features(dev, which);
	nicsim_port_init(netdev_priv(dev), dev, which);
	return dev;
}

static int nicsim_profile_parse(const char *text, enum nicsim_profile *which)
{
	static const char * const names[] = {
		[NICSIM_PACKET] = "packet",
		[NICSIM_CRYPTO] = "crypto",
		[NICSIM_CRYPTO_NOESN] = "crypto-noesn",
		[NICSIM_NONE] = "none",
	};
	int i = match_string(names, ARRAY_SIZE(names), text);

	if (i < 0) {
		pr_err("unknown profile \"%s\"\n", text);
		return -EINVAL;
	}
	*which = i;
	return 0;
}

/* "packet", or "packet/none" where the two ends differ */
static int nicsim_pair_profiles(unsigned int pair, enum nicsim_profile *which)
{
	char buf[32], *rest = buf, *one;
	int err;

	which[0] = which[1] = NICSIM_PACKET;
	if (pair >= n_profile)
		return 0;
	if (strscpy(buf, profile[pair]) < 0)
		return -EINVAL;
	one = strsep(&rest, "/");
	err = nicsim_profile_parse(one, &which[0]);
	if (err)
		return err;
	which[1] = which[0];
	return rest ? nicsim_profile_parse(rest, &which[1]) : 0;
}

static int nicsim_register_port(struct net_device *dev)
{
	int err = register_netdevice(dev);

	if (!err)
		netif_carrier_off(dev);
	return err;
}

/* Called under RTNL */
static int nicsim_pair_add(unsigned int pair)
{
	struct nicsim_port *a, *b;
	enum nicsim_profile which[2];
	struct net_device *dev[2];
	int err;

	err = nicsim_pair_profiles(pair, which);
	if (err)
		return err;
	dev[0] = nicsim_port_alloc(pair, 0, which[0]);
	dev[1] = nicsim_port_alloc(pair, 1, which[1]);
	err = -ENOMEM;
	if (!dev[0] || !dev[1])
		goto free_both;
	err = nicsim_register_port(dev[0]);
	if (err)
		goto free_both;
	err = nicsim_register_port(dev[1]);
	if (err) {
		/* frees itself when RTNL is released */
		unregister_netdevice(dev[0]);
		free_netdev(dev[1]);
		return err;
	}
	a = netdev_priv(dev[0]);
	b = netdev_priv(dev[1]);
	rcu_assign_pointer(a->peer, b);
	rcu_assign_pointer(b->peer, a);
	nicsim_debugfs_add(a);
	nicsim_debugfs_add(b);
	return 0;

free_both:
	if (dev[0])
		free_netdev(dev[0]);
	if (dev[1])
		free_netdev(dev[1]);
	return err;
}

static void nicsim_wq_finish(void)
{
	/* limit checks may drop the last reference, which frees after RCU */
	flush_workqueue(nicsim_wq);
	rcu_barrier();
	destroy_workqueue(nicsim_wq);
}

static void nicsim_remove_all(void)
{
	/* deletes all that are left, wherever they are */
	rtnl_link_unregister(&nicsim_link_ops);
	nicsim_debugfs_exit();
	nicsim_wq_finish();
}

static int __init nicsim_init(void)
{
	unsigned int pair;
	int err = 0;

	if (pairs > MAX_PAIRS) {
		pr_err("at most %u pairs\n", MAX_PAIRS);
		return -EINVAL;
	}
	nicsim_wq = alloc_workqueue(KBUILD_MODNAME, WQ_UNBOUND, 0);
	if (!nicsim_wq)
		return -ENOMEM;
	err = rtnl_link_register(&nicsim_link_ops);
	if (err) {
		nicsim_wq_finish();
		return err;
	}
	nicsim_debugfs_init();
	rtnl_lock();
	for (pair = 0; pair < pairs && !err; pair++)
		err = nicsim_pair_add(pair);
	rtnl_unlock();
	if (err)
		nicsim_remove_all();
	return err;
}

static void __exit nicsim_exit(void)
{
	nicsim_remove_all();
}

module_init(nicsim_init);
module_exit(nicsim_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("the hw-offload authors");
MODULE_DESCRIPTION("Simulated Ethernet NICs with IPsec offload");
MODULE_SOFTDEP("pre: esp4 esp6 esp4_offload esp6_offload gcm seqiv");
