/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * The kernel of a history, its NICs and routes, and what happens to them.
 */

#include "history.h"

#include <netinet/in.h>

#include "../../io/route_lookup.h"
#include "../../wire/rt_msg.h"
#include "../../wire/xfrm_event.h"

fake_kernel_t *kernel;
kernel_ipsec_t *ipsec;
conn_t conns[HISTORY_CONNS];
u_int conn_count, nic_count;
bool has_shunt;

/** NICs that are down */
static bool down[HISTORY_NICS];

/**
 * Draw what a driver is capable of, most of them of everything.
 */
static fake_caps_t draw_caps(void)
{
	static const fake_caps_t caps[] = {
		FAKE_CAPS_PACKET, FAKE_CAPS_PACKET, FAKE_CAPS_PACKET, FAKE_CAPS_PACKET,
		FAKE_CAPS_CRYPTO, FAKE_CAPS_CRYPTO, FAKE_CAPS_NONE,
		FAKE_CAPS_EOPNOTSUPP, FAKE_CAPS_EOPNOTSUPP, FAKE_CAPS_EINVAL,
	};

	return caps[draw(countof(caps))];
}

/**
 * Draw a NIC that is up, 0 if there is none.
 */
static uint32_t draw_nic(void)
{
	u_int nic = draw(nic_count), i;

	for (i = 0; i < nic_count && down[nic]; i++)
	{
		nic = (nic + 1) % nic_count;
	}
	return down[nic] ? 0 : HISTORY_NIC + nic;
}

/**
 * Networks of a connection have the number of its twin.
 */
static u_int net_number(conn_t *conn)
{
	return conn->twin ? conn->twin->number : conn->number;
}

void history_route(conn_t *conn, uint32_t nic)
{
	static const char *const nets[] = {
		"10.9.%u.0/24", "10.2.%u.0/24", "10.3.%u.0/24",
	};
	char buf[32];
	int i;

	fake_kernel_note(kernel, "conn %u: route by %u", conn->number, nic, 0, 0);
	for (i = 0; i < countof(nets); i++)
	{
		snprintf(buf, sizeof(buf), nets[i], net_number(conn));
		fake_kernel_add_route(kernel, buf, nic, NULL, NULL, 0);
	}
	conn->nic = nic;
}

/**
 * Set a NIC down; routes go elsewhere, or are gone.
 */
static void set_down(u_int nic)
{
	u_int i;

	fake_kernel_note(kernel, "link %u: down", HISTORY_NIC + nic, 0, 0, 0);
	down[nic] = TRUE;
	fake_kernel_link_down(kernel, HISTORY_NIC + nic);
	for (i = 0; i < conn_count; i++)
	{
		if (conns[i].nic == HISTORY_NIC + nic)
		{
			history_route(&conns[i], one_in(2) ? draw_nic() : 0);
		}
	}
}

/**
 * Set a NIC up, routes may come later.
 */
static void set_up(u_int nic)
{
	u_int i;

	fake_kernel_note(kernel, "link %u: up", HISTORY_NIC + nic, 0, 0, 0);
	down[nic] = FALSE;
	fake_kernel_link_up(kernel, HISTORY_NIC + nic);
	for (i = 0; i < conn_count; i++)
	{
		if (!conns[i].nic && one_in(2))
		{
			history_route(&conns[i], HISTORY_NIC + nic);
		}
	}
}

void history_world_down(void)
{
	u_int nic = draw(nic_count);

	if (!down[nic])
	{
		set_down(nic);
	}
}

/**
 * An SA reaches a limit.
 */
static void expire_one(void)
{
	child_t *child;

	child = history_latest(&conns[draw(conn_count)]);
	if (child)
	{
		fake_kernel_expire(kernel, one_in(2) ? child->spi_in : child->spi_out,
						   one_in(3));
	}
}

void history_world_step(void)
{
	u_int nic = draw(nic_count);
	int protocol;

	switch (draw(10))
	{
		case 0:
		case 1:
			down[nic] ? set_up(nic) : set_down(nic);
			break;
		case 2:
		case 3:
		case 4:
			history_route(&conns[draw(conn_count)],
						  one_in(5) ? 0 : draw_nic());
			break;
		case 5:
			fake_kernel_note(kernel, "NIC %u: changes", HISTORY_NIC + nic, 0,
							 0, 0);
			fake_kernel_set_caps(kernel, HISTORY_NIC + nic, draw_caps());
			break;
		case 6:
		case 7:
			protocol = one_in(2) ? NETLINK_XFRM : NETLINK_ROUTE;
			fake_kernel_note(kernel, "protocol %u: events are lost", protocol,
							 0, 0, 0);
			fake_kernel_overrun(kernel, protocol);
			break;
		case 8:
			expire_one();
			break;
		default:
			history_faults_soon();
			break;
	}
}

/**
 * Set all NICs up, routes come later.
 */
static void all_up(void)
{
	u_int i;

	for (i = 0; i < nic_count; i++)
	{
		if (down[i])
		{
			set_up(i);
		}
	}
	history_run(1000);
	for (i = 0; i < conn_count; i++)
	{
		history_route(&conns[i], HISTORY_NIC);
	}
}

void history_world_flap(void)
{
	set_down(0);
	history_run(draw(3) * 500);
	all_up();
}

void history_world_heal(void)
{
	u_int i;

	fake_kernel_note(kernel, "all is fine", 0, 0, 0, 0);
	history_faults_heal();
	fake_kernel_traffic(kernel, TRUE);
	history_peers_answer = TRUE;
	for (i = 0; i < nic_count; i++)
	{
		fake_kernel_set_caps(kernel, HISTORY_NIC + i, FAKE_CAPS_PACKET);
	}
	for (i = 0; i < conn_count; i++)
	{	/* what is sent while all are rekeyed may be more than their limits,
		 * then one rekeying is the reason for the next for ever */
		conns[i].packets = 0;
	}
	all_up();
}

/**
 * Open a transport for what XFRM announces.
 */
static nl_transport_t *listen_xfrm(void *data, const int *groups)
{
	return fake_kernel_open(kernel, NETLINK_XFRM, groups);
}

/**
 * Create the backend for the fake kernel.
 */
static void create_backend(fake_version_t version)
{
	hwo_kernel_sockets_t sockets = {
		.xfrm = fake_kernel_open(kernel, NETLINK_XFRM, NULL),
		.xfrm_events = fake_kernel_open(kernel, NETLINK_XFRM,
										hwo_xfrm_event_groups),
		.listener = {
			.open = listen_xfrm,
		},
		.route = fake_kernel_open(kernel, NETLINK_ROUTE, NULL),
		.route_events = fake_kernel_open(kernel, NETLINK_ROUTE,
										 route_lookup_groups),
		.link_events = fake_kernel_open(kernel, NETLINK_ROUTE,
										hwo_rt_link_groups),
		.link_requests = fake_kernel_open(kernel, NETLINK_ROUTE, NULL),
		.route_changes = fake_kernel_open(kernel, NETLINK_ROUTE,
										  route_lookup_groups),
		.links = fake_kernel_links(kernel),
		.features = fake_kernel_features(kernel),
	};

	snprintf(sockets.uname.release, sizeof(sockets.uname.release),
			 "%u.%u.1-test", version >> 8, version & 0xff);
	ipsec = hw_offload_ipsec_create(&sockets);
}

/**
 * Add the flows of a connection.
 */
static void add_flows(conn_t *conn)
{
	char src[16] = "192.168.50.1", dst[16];
	u_int n, net = net_number(conn);

	for (n = 0; n < conn->selectors; n++)
	{
		snprintf(dst, sizeof(dst), "10.9.%u.2", net);
		if (conn->mode == MODE_TUNNEL)
		{
			snprintf(src, sizeof(src), "10.1.%u.1", net);
			snprintf(dst, sizeof(dst), "10.%u.%u.1", 2 + n, net);
		}
		fake_kernel_add_flow(kernel, src, 1234, dst, 4000 + n, IPPROTO_UDP);
	}
}

/**
 * Draw a connection. Some have a twin: another IKE_SA with the same peer.
 */
static void draw_conn(u_int i, u_int *flows)
{
	static const hw_offload_t modes[] = {
		HW_OFFLOAD_NO, HW_OFFLOAD_CRYPTO, HW_OFFLOAD_CRYPTO, HW_OFFLOAD_PACKET,
		HW_OFFLOAD_PACKET, HW_OFFLOAD_AUTO, HW_OFFLOAD_AUTO, HW_OFFLOAD_AUTO,
	};
	conn_t *conn = &conns[i];
	char other[16];

	*conn = (conn_t){
		.number = i,
		.reqid = i + 1,
		.offload = modes[draw(countof(modes))],
		.mode = one_in(2) ? MODE_TRANSPORT : MODE_TUNNEL,
		.esn = !one_in(4),
		.subnets = one_in(2),
		.trap = one_in(4),
		.selectors = one_in(3) ? 2 : 1,
		.packets = one_in(3) ? 40 + draw(400) : 0,
		.priority = has_shunt ? 1000 + i : 0,
		.flow = *flows,
	};
	if (i && !conns[i - 1].twin && one_in(4))
	{
		*conn = conns[i - 1];
		conn->number = i;
		conn->twin = &conns[i - 1];
	}
	conn->state = IKE_ESTABLISHED;
	conn->children = linked_list_create();
	conn->me = host_create_from_string("192.168.50.1", 0);
	snprintf(other, sizeof(other), "10.9.%u.2", net_number(conn));
	conn->other = host_create_from_string(other, 0);
	history_bus_init_conn(conn);
	history_route(conn, draw_nic());
	if (!conn->twin)
	{
		add_flows(conn);
		*flows += conn->selectors;
	}
}

void history_shunt(bool add)
{
	host_t *any = host_create_any(AF_INET);
	kernel_ipsec_policy_id_t id = {
		.dir = POLICY_OUT,
		.src_ts = traffic_selector_create_from_cidr("0.0.0.0/0", 0, 0, 65535),
		.dst_ts = traffic_selector_create_from_cidr("10.0.0.0/8", 0, 0, 65535),
	};
	ipsec_sa_cfg_t cfg = {};
	kernel_ipsec_manage_policy_t data = {
		.type = POLICY_PASS,
		.prio = POLICY_PRIORITY_PASS,
		.src = any,
		.dst = any,
		.sa = &cfg,
	};

	add ? ipsec->add_policy(ipsec, &id, &data)
		: ipsec->del_policy(ipsec, &id, &data);
	id.src_ts->destroy(id.src_ts);
	id.dst_ts->destroy(id.dst_ts);
	any->destroy(any);
}

/**
 * Draw a setting, it is the default in most cases.
 */
static void draw_setting(char *key, char *common, char *rare)
{
	lib->settings->set_str(lib->settings, key, one_in(4) ? rare : common,
						   lib->ns);
}

/**
 * A second has passed.
 */
static void second_passed(void)
{
	fake_kernel_second(kernel);
	fake_kernel_sad_work(kernel);
}

void history_world_start(void)
{
	fake_version_t version = one_in(4) ? FAKE_LINUX_6_12 : FAKE_LINUX_7_2;
	u_int i, flows = 0;

	kernel = fake_kernel_create(version);
	/* without packets, traps stay alone */
	fake_kernel_traffic(kernel, !one_in(6));
	fake_kernel_note(kernel, "Linux %u.%u", version >> 8, version & 0xff, 0,
					 0);
	nic_count = 1 + draw(HISTORY_NICS);
	memset(down, 0, sizeof(down));
	for (i = 0; i < nic_count; i++)
	{
		fake_kernel_add_device(kernel, HISTORY_NIC + i, draw_caps(), NULL);
	}
	draw_setting("%s.plugins.hw-offload.promote", "rekey", "now");
	draw_setting("%s.plugins.hw-offload.rebind_refused", "keep", "close");
	draw_setting("%s.plugins.hw-offload.devices.nic3.max_sas", "1000", "2");
	has_shunt = one_in(5);
	conn_count = 1 + draw(HISTORY_CONNS);
	for (i = 0; i < conn_count; i++)
	{
		draw_conn(i, &flows);
	}
	history_second = second_passed;
	create_backend(version);
	if (has_shunt)
	{
		history_shunt(TRUE);
	}
	history_faults_start();
}

void history_world_end(void)
{
	fake_kernel_note(kernel, "the daemon ends", 0, 0, 0, 0);
	DESTROY_IF(ipsec);
	ipsec = NULL;
}

void history_world_stop(void)
{
	u_int i;

	history_world_end();
	for (i = 0; i < conn_count; i++)
	{
		conns[i].children->destroy(conns[i].children);
		conns[i].me->destroy(conns[i].me);
		conns[i].other->destroy(conns[i].other);
	}
	fake_kernel_destroy(kernel);
	history_faults_stop();
}
