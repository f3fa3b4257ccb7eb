/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * clean-up: removes what a daemon left in the kernel that was killed, if none
 * is started again that would do so: the plugin was uninstalled, or refuses to
 * serve. What it left is in its state file.
 */

#include "command.h"

#include "hwo_types.h"
#include "wire/nl_msg.h"
#include "wire/xfrm_sa.h"
#include "wire/xfrm_sp.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

/* we are not linked to libstrongswan */
#undef strerror

/** Default of the setting state_file */
#define STATE_FILE "/run/charon.hw-offload-state"

/** How its first line begins */
#define FORMAT "hw-offload 2 boot "

/** How long to wait for an acknowledgement, in seconds */
#define TIMEOUT 30

/**
 * A clean-up under way.
 */
typedef struct cleaner_t {
	/** netlink socket */
	struct mnl_socket *nl;
	/** sequence number of the last request */
	uint32_t seq;
	/** what could be removed, or was gone, and what not */
	unsigned int sas, policies, failed;
} cleaner_t;

/**
 * Read the first line of a file without its end.
 */
static bool read_word(const char *path, char *buf, int size)
{
	FILE *file = fopen(path, "re");
	bool read;

	read = file && fgets(buf, size, file);
	if (file)
	{
		fclose(file);
	}
	if (read)
	{
		buf[strcspn(buf, "\n")] = '\0';
	}
	return read;
}

/**
 * Get the number of the network namespace of a process, 0 if it is not known.
 */
static unsigned long long get_netns(const char *pid)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

/**
 * Find an IKE daemon in our network namespace. With the plugin it cleans up
 * itself, without it policies of the same identity may be its own by now.
 */
static bool find_daemon(char name[64])
{
	DIR *proc = opendir("/proc");
	char path[PATH_MAX], comm[32];
	unsigned long long netns;
	struct dirent *entry;
	bool found = false;

	while (!found && proc && (entry = readdir(proc)))
	{
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		found = strspn(entry->d_name, "0123456789") &&
				read_word(path, comm, sizeof(comm)) &&
				(streq(comm, "charon") || streq(comm, "charon-systemd"));
		if (found)
		{	/* what can't be looked at may be ours */
			netns = get_netns(entry->d_name);
			found = !netns || netns == get_netns("self");
			snprintf(name, 64, "%s, process %.10s", comm, entry->d_name);
		}
	}
	if (proc)
	{
		closedir(proc);
	}
	return found;
}

/**
 * Find any process that has the state file, whatever its name: it has an
 * abstract socket of that name in this network namespace. Otherwise we have the
 * file until we end.
 */
static bool find_owner(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t size = sizeof(addr.sun_path) - 2, len = strlen(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* the end of the path is what differs */
	len = len < size ? len : size;
	memcpy(addr.sun_path + 1, path + strlen(path) - len, len);
	len += offsetof(struct sockaddr_un, sun_path) + 1;
	return fd == -1 || bind(fd, (struct sockaddr*)&addr, len) != 0 ||
		   listen(fd, 1) != 0;
}

/**
 * Read what a state file says is there, by lines. One of another boot says
 * nothing, nor does one that was not completed.
 *
 * @return				0, or errno value, EBADMSG if it has another format
 */
static int read_state(const char *path, json_t *lines)
{
	char boot[64] = "-", header[96], line[512];
	FILE *file = fopen(path, "re");
	bool complete = false;
	int err = 0;

	if (!file)
	{
		return errno;
	}
	read_word("/proc/sys/kernel/random/boot_id", boot, sizeof(boot));
	snprintf(header, sizeof(header), FORMAT "%s\n", boot);
	if (!fgets(line, sizeof(line), file))
	{
		err = ferror(file) ? errno : 0;
	}
	else if (strncmp(line, FORMAT, strlen(FORMAT)))
	{
		err = EBADMSG;
	}
	else if (streq(line, header))
	{
		while (fgets(line, sizeof(line), file) && strchr(line, '\n'))
		{
			line[strcspn(line, "\n")] = '\0';
			complete |= line[0] == '=';
			if (line[0] == '+')
			{
				json_object_set_new(lines, line + 1, json_true());
			}
			else if (line[0] == '-')
			{
				json_object_del(lines, line + 1);
			}
		}
	}
	if (!complete)
	{
		json_object_clear(lines);
	}
	fclose(file);
	return err;
}

/**
 * Read both state files. If both are complete, they are the same.
 *
 * @return				exit status, said why
 */
static int read_states(char path[2][PATH_MAX], json_t *lines)
{
	int i, err = ENOENT, missing = 0;

	for (i = 0; i < 2 && !json_object_size(lines); i++)
	{
		err = read_state(path[i], lines);
		missing += err == ENOENT;
		if (err && err != ENOENT)
		{
			fprintf(stderr, "hw-offload: unable to read %s: %s\n", path[i],
					err == EBADMSG ? "it is of another version"
								   : strerror(err));
			return EXIT_TROUBLE;
		}
	}
	if (missing == 2)
	{
		fprintf(stderr, "hw-offload: there is no state file %s: nothing was "
				"left, or the setting state_file has another name\n", path[0]);
		return EXIT_NOT_SO;
	}
	return EXIT_SUCCESS;
}

/**
 * Understand an address, "any" is none.
 */
static uint16_t parse_addr(const char *text, uint8_t bytes[16])
{
	if (inet_pton(AF_INET, text, bytes) == 1)
	{
		return AF_INET;
	}
	return inet_pton(AF_INET6, text, bytes) == 1 ? AF_INET6 : AF_UNSPEC;
}

static bool parse_sa(const char *line, hwo_sa_id_t *id)
{
	unsigned int spi;
	char dst[64];

	*id = (hwo_sa_id_t){};
	if (sscanf(line, "sa %63s proto %hhu spi %x mark %x/%x", dst, &id->proto,
			   &spi, &id->mark.value, &id->mark.mask) != 5)
	{
		return false;
	}
	id->spi = htonl(spi);
	id->dst.family = parse_addr(dst, id->dst.bytes);
	id->src.family = id->dst.family;
	return id->dst.family != AF_UNSPEC;
}

/**
 * Understand a line about a policy. Of a security label there is only a hash,
 * so these can't be removed.
 */
static bool parse_sp(const char *line, hwo_sp_id_t *id)
{
	hwo_selector_t *sel = &id->sel;
	char dir[4], src[64], dst[64];
	unsigned int hash;
	size_t label;

	*id = (hwo_sp_id_t){};
	if (sscanf(line, "sp %3s %63[^/]/%hhu %63[^/]/%hhu family %hu proto %hhu "
			   "ports %hx/%hx %hx/%hx dev %u user %u mark %x/%x if_id %x "
			   "label %zu:%x", dir, src, &sel->src_prefix, dst,
			   &sel->dst_prefix, &sel->family, &sel->proto, &sel->src_port,
			   &sel->src_port_mask, &sel->dst_port, &sel->dst_port_mask,
			   &sel->ifindex, &sel->user, &id->mark.value, &id->mark.mask,
			   &id->if_id, &label, &hash) != 18 || label)
	{
		return false;
	}
	id->dir = streq(dir, "in") ? POLICY_IN : streq(dir, "out") ? POLICY_OUT
															   : POLICY_FWD;
	parse_addr(src, sel->src);
	parse_addr(dst, sel->dst);
	return true;
}

/**
 * Send a request, and wait for its acknowledgement.
 *
 * @return				0 if it is gone, or errno value
 */
static int request(cleaner_t *this, hwo_msg_t *msg)
{
	union {
		char bytes[8192];
		struct nlmsghdr hdr;
	} buf;
	hwo_result_t result = { .err = EBADMSG };
	ssize_t len;

	msg->hdr.nlmsg_seq = ++this->seq;
	if (msg->overflow)
	{
		return ENOBUFS;
	}
	if (mnl_socket_sendto(this->nl, &msg->hdr, msg->hdr.nlmsg_len) < 0)
	{
		return errno;
	}
	do
	{
		len = mnl_socket_recvfrom(this->nl, buf.bytes, sizeof(buf));
		if (len < 0)
		{
			return errno == EAGAIN ? ETIMEDOUT : errno;
		}
	}
	while (!mnl_nlmsg_ok(&buf.hdr, len) || buf.hdr.nlmsg_seq != this->seq);
	hwo_msg_result(&buf.hdr, &result);
	return result.err == ESRCH || result.err == ENOENT ? 0 : result.err;
}

/**
 * Remove what one line is about.
 */
static void remove_line(cleaner_t *this, const char *line)
{
	hwo_sa_id_t sa;
	hwo_sp_id_t sp;
	hwo_msg_t msg;
	int err = EINVAL;

	if (parse_sa(line, &sa))
	{
		hwo_xfrm_encode_del_sa(&msg, &sa);
		err = request(this, &msg);
		this->sas += !err;
	}
	else if (parse_sp(line, &sp))
	{
		hwo_xfrm_encode_del_sp(&msg, &sp);
		err = request(this, &msg);
		this->policies += !err;
	}
	if (err)
	{
		fprintf(stderr, "hw-offload: unable to remove %s: %s\n", line,
				strerror(err));
		this->failed++;
	}
}

/**
 * Remove SAs, or policies.
 */
static void remove_all(cleaner_t *this, json_t *lines, const char *prefix)
{
	const char *line;
	json_t *value;

	json_object_foreach(lines, line, value)
	{
		if (strncmp(line, prefix, strlen(prefix)) == 0)
		{
			remove_line(this, line);
		}
	}
}

static bool open_kernel(cleaner_t *this)
{
	struct timeval timeout = { .tv_sec = TIMEOUT };

	this->nl = mnl_socket_open2(NETLINK_XFRM, SOCK_CLOEXEC);
	if (!this->nl || mnl_socket_bind(this->nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
		setsockopt(mnl_socket_get_fd(this->nl), SOL_SOCKET, SO_RCVTIMEO,
				   &timeout, sizeof(timeout)) < 0)
	{
		fprintf(stderr, "hw-offload: no access to XFRM: %s\n", strerror(errno));
		return false;
	}
	return true;
}

/**
 * Remove what was left, and the files if nothing is anymore.
 */
static int clean_up(char path[2][PATH_MAX], json_t *lines, bool json)
{
	cleaner_t cleaner = {};

	if (!open_kernel(&cleaner))
	{
		return EXIT_TROUBLE;
	}
	/* policies block without their SAs, so they go last */
	remove_all(&cleaner, lines, "sa ");
	remove_all(&cleaner, lines, "sp ");
	mnl_socket_close(cleaner.nl);
	if (cleaner.failed)
	{
		return EXIT_TROUBLE;
	}
	unlink(path[0]);
	unlink(path[1]);
	if (json)
	{
		return print_json(json_pack("{s:i, s:i, s:i}", "hw-offload", 1,
									"sas", cleaner.sas,
									"policies", cleaner.policies), false);
	}
	printf("removed %u SAs and %u policies\n", cleaner.sas, cleaner.policies);
	return EXIT_SUCCESS;
}

int command_clean_up(const options_t *options, int argc, char *argv[])
{
	char path[2][PATH_MAX], name[64];
	const char *state = argc ? argv[0] : STATE_FILE;
	json_t *lines;
	int status;

	if (find_daemon(name))
	{
		fprintf(stderr, "hw-offload: %s runs, stop it first\n", name);
		return EXIT_TROUBLE;
	}
	snprintf(path[0], PATH_MAX, "%s.%llu", state, get_netns("self"));
	snprintf(path[1], PATH_MAX, "%s.%llu.2", state, get_netns("self"));
	if (find_owner(path[0]))
	{
		fprintf(stderr, "hw-offload: a process that has %s runs, stop it "
				"first: %s\n", path[0], strerror(errno));
		return EXIT_TROUBLE;
	}
	lines = json_object();
	status = read_states(path, lines) ?: clean_up(path, lines, options->json);
	json_decref(lines);
	return status;
}
