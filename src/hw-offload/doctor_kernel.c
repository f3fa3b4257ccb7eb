/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * doctor: the kernel.
 */

#include "doctor_kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/xfrm.h>

/**
 * Options of the kernel's configuration that are needed.
 */
static const struct {
	/** name */
	const char *name;
	/** driver without which it does not matter, NULL if it always does */
	const char *driver;
	/** what is missing without it */
	const char *without;
	/** result if it is missing */
	finding_t finding;
} options[] = {
	{ "CONFIG_XFRM_OFFLOAD", NULL, "no offload at all", FINDING_FAULT },
	{ "CONFIG_XFRM_USER", NULL, "no IPsec by a daemon", FINDING_FAULT },
	{ "CONFIG_INET_ESP_OFFLOAD", NULL, "no offload over IPv4", FINDING_FAULT },
	{ "CONFIG_INET6_ESP_OFFLOAD", NULL, "no offload over IPv6",
	  FINDING_WARNING },
	{ "CONFIG_MLX5_EN_IPSEC", "mlx5_core", "no IPsec on ConnectX and BlueField",
	  FINDING_FAULT },
	{ "CONFIG_IXGBE_IPSEC", "ixgbe", "no IPsec on these NICs", FINDING_FAULT },
	{ "CONFIG_NFP_NET_IPSEC", "nfp", "no IPsec on these NICs", FINDING_FAULT },
	{ "CONFIG_CHELSIO_IPSEC_INLINE", "cxgb4", "no IPsec on these NICs",
	  FINDING_FAULT },
};

/** Number of them */
#define OPTIONS (sizeof(options) / sizeof(options[0]))

/** Length of "CONFIG_", which the kernel's own tool does without */
#define PREFIX 7

/**
 * Read the value of an option: 'y', 'm', or 'n' if it is not set.
 */
static char option_value(FILE *config, const char *name)
{
	char line[512];
	size_t len = strlen(name);

	rewind(config);
	while (fgets(line, sizeof(line), config))
	{
		if (!strncmp(line, name, len) && line[len] == '=')
		{
			return line[len + 1];
		}
	}
	return 'n';
}

/**
 * Check the configuration of the running kernel.
 */
static void check_config(exam_t *exam, const char *release)
{
	char path[512], remedy[600];
	FILE *config;
	char value;

	snprintf(path, sizeof(path), "%s/boot/config-%s", exam->root, release);
	config = fopen(path, "r");
	if (!config)
	{
		snprintf(remedy, sizeof(remedy), "test -e /proc/config.gz && "
				 "zcat /proc/config.gz >%s", path);
		exam_add(exam, "kernel-config", FINDING_WARNING, remedy, "%s: %s, "
				 "so what the kernel was built with is not known", path,
				 strerror(errno));
		return;
	}
	for (size_t i = 0; i < OPTIONS; i++)
	{
		if (options[i].driver && !exam_has_driver(exam, options[i].driver))
		{
			continue;
		}
		value = option_value(config, options[i].name);
		if (value == 'y' || value == 'm')
		{
			exam_add(exam, "kernel-config", FINDING_OK, NULL, "%s=%c",
					 options[i].name, value);
		}
		else
		{
			snprintf(remedy, sizeof(remedy), "in the kernel's source: "
					 "scripts/config -e %s && make olddefconfig bindeb-pkg; "
					 "install and boot it", options[i].name + PREFIX);
			exam_add(exam, "kernel-config", options[i].finding, remedy,
					 "%s is not set: %s", options[i].name,
					 options[i].without);
		}
	}
	fclose(config);
}

/**
 * Check the release of the kernel.
 */
static void check_release(exam_t *exam, const char *release)
{
	unsigned int major = 0, minor = 0;

	sscanf(release, "%u.%u", &major, &minor);
	if (major < 6 || (major == 6 && minor < 2))
	{
		exam_add(exam, "kernel", FINDING_WARNING, "run Linux 6.2 or later",
				 "Linux %s: packet mode needs 6.2 or later", release);
	}
	else
	{
		exam_add(exam, "kernel", FINDING_OK, NULL, "Linux %s", release);
	}
}

/**
 * Check if XFRM answers.
 */
static void check_xfrm(exam_t *exam)
{
	static const char modprobe[] = "modprobe xfrm_user";
	char buf[1024];
	struct mnl_socket *nl;
	struct nlmsghdr *hdr;
	uint32_t *flags;
	int err = 0;

	nl = mnl_socket_open2(NETLINK_XFRM, SOCK_CLOEXEC);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
	{
		exam_add(exam, "xfrm", FINDING_FAULT, modprobe, "the kernel has no "
				 "XFRM for daemons: %s", strerror(errno));
		return;
	}
	hdr = mnl_nlmsg_put_header(buf);
	hdr->nlmsg_type = XFRM_MSG_GETSADINFO;
	hdr->nlmsg_flags = NLM_F_REQUEST;
	flags = mnl_nlmsg_put_extra_header(hdr, sizeof(*flags));
	*flags = UINT32_MAX;
	if (mnl_socket_sendto(nl, hdr, hdr->nlmsg_len) < 0 ||
		mnl_socket_recvfrom(nl, buf, sizeof(buf)) < (ssize_t)sizeof(*hdr))
	{
		err = errno;
	}
	else if (hdr->nlmsg_type == NLMSG_ERROR)
	{
		err = -((struct nlmsgerr*)mnl_nlmsg_get_payload(hdr))->error;
	}
	mnl_socket_close(nl);
	if (err == EPERM)
	{
		exam_add(exam, "xfrm", FINDING_WARNING, "sudo hw-offload doctor",
				 "only root may ask XFRM");
	}
	else if (err)
	{
		exam_add(exam, "xfrm", FINDING_FAULT, modprobe,
				 "XFRM does not answer: %s", strerror(err));
	}
	else
	{
		exam_add(exam, "xfrm", FINDING_OK, NULL, "XFRM answers");
	}
}

/**
 * Check if a module is loaded, or built in.
 */
static bool has_module(const exam_t *exam, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/sys/module/%s", exam->root, name);
	return access(path, F_OK) == 0;
}

/**
 * Check modules that the kernel loads itself, but not everywhere.
 */
static void check_modules(exam_t *exam)
{
	static const char *const modules[] = { "esp4_offload", "esp6_offload" };
	char remedy[64];

	for (int i = 0; i < 2; i++)
	{
		if (has_module(exam, modules[i]))
		{
			exam_add(exam, "module", FINDING_OK, NULL, "%s is there",
					 modules[i]);
			continue;
		}
		snprintf(remedy, sizeof(remedy), "modprobe %s", modules[i]);
		exam_add(exam, "module", FINDING_WARNING, remedy, "%s is not "
				 "loaded; the kernel does that itself if it may load modules",
				 modules[i]);
	}
}

void doctor_kernel(exam_t *exam)
{
	struct utsname name;

	if (uname(&name) == 0)
	{
		check_release(exam, name.release);
		check_config(exam, name.release);
	}
	check_modules(exam);
	check_xfrm(exam);
}
