/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * A file of notes about lines.
 */

#include "state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/** Tells where and when notes hold, boot ID and namespace included */
#define HEADER_SIZE 128

typedef struct private_state_file_t private_state_file_t;

/**
 * Private data of state_file_t.
 */
struct private_state_file_t {

	/**
	 * Public interface
	 */
	state_file_t public;

	/**
	 * Path, and that of its replacement while that is written
	 */
	char path[PATH_MAX], next[PATH_MAX];

	/**
	 * First line
	 */
	char header[HEADER_SIZE];

	/**
	 * The file, locked
	 */
	int fd;
};

/**
 * Write the first line: what is said below it is only true for this boot and
 * this network namespace
 */
static void make_header(char header[HEADER_SIZE])
{
	char boot[64] = "-";
	struct stat netns = {};
	FILE *file;

	file = fopen("/proc/sys/kernel/random/boot_id", "re");
	if (file)
	{
		if (fscanf(file, "%63s", boot) != 1)
		{
			strcpy(boot, "-");
		}
		fclose(file);
	}
	if (stat("/proc/self/ns/net", &netns) != 0)
	{
		netns.st_ino = 0;
	}
	snprintf(header, HEADER_SIZE, "hw-offload 1 boot %s netns %llu\n", boot,
			 (unsigned long long)netns.st_ino);
}

/**
 * Write all bytes
 */
static int write_all(int fd, const char *buf, size_t len)
{
	ssize_t written;

	while (len)
	{
		written = write(fd, buf, len);
		if (written < 0)
		{
			return errno;
		}
		buf += written;
		len -= written;
	}
	return 0;
}

METHOD(state_file_t, append, int,
	private_state_file_t *this, bool add, const char *line)
{
	struct iovec iov[] = {
		{ .iov_base = add ? "+" : "-", .iov_len = 1 },
		{ .iov_base = (char*)line, .iov_len = strlen(line) },
		{ .iov_base = "\n", .iov_len = 1 },
	};
	ssize_t len = iov[1].iov_len + 2, written;

	written = writev(this->fd, iov, countof(iov));
	if (written == len)
	{
		return 0;
	}
	return written < 0 ? errno : ENOSPC;
}

/**
 * Open a file of ours
 */
static int open_own(const char *path, int flags, int *fd)
{
	struct stat st;
	int err = 0;

	*fd = open(path, flags | O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC |
			   O_NOFOLLOW, 0600);
	if (*fd < 0)
	{
		return errno;
	}
	if (fstat(*fd, &st) != 0)
	{
		err = errno;
	}
	else if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
			 (st.st_mode & 077))
	{
		err = EPERM;
	}
	else if (flock(*fd, LOCK_EX | LOCK_NB) != 0)
	{
		err = errno;
	}
	if (err)
	{
		close(*fd);
		*fd = -1;
	}
	return err;
}

/**
 * Write the replacement of the file
 */
static int write_next(private_state_file_t *this, int fd, enumerator_t *lines)
{
	char *buf = NULL, *line;
	size_t size = 0;
	FILE *stream;
	int err;

	stream = open_memstream(&buf, &size);
	if (!stream)
	{
		return errno;
	}
	fputs(this->header, stream);
	while (lines->enumerate(lines, &line))
	{
		fprintf(stream, "+%s\n", line);
	}
	err = fclose(stream) == 0 ? write_all(fd, buf, size) : errno;
	free(buf);
	return err;
}

METHOD(state_file_t, rewrite_, int,
	private_state_file_t *this, enumerator_t *lines)
{
	int fd = -1, err;

	/* one that was left half-written */
	unlink(this->next);
	err = open_own(this->next, O_EXCL, &fd);
	err = err ?: write_next(this, fd, lines);
	lines->destroy(lines);
	if (!err && rename(this->next, this->path) != 0)
	{
		err = errno;
	}
	if (err)
	{
		if (fd != -1)
		{
			unlink(this->next);
			close(fd);
		}
		return err;
	}
	close(this->fd);
	this->fd = fd;
	return 0;
}

/**
 * Open and lock the file. If its owner replaced it meanwhile, we got hold of
 * the one that is gone.
 */
static int open_current(private_state_file_t *this)
{
	struct stat ours, current;
	int err;

	while (TRUE)
	{
		err = open_own(this->path, 0, &this->fd);
		if (err)
		{
			return err;
		}
		if (fstat(this->fd, &ours) == 0 && stat(this->path, &current) == 0 &&
			ours.st_dev == current.st_dev && ours.st_ino == current.st_ino)
		{
			return 0;
		}
		close(this->fd);
		this->fd = -1;
	}
}

/**
 * Read all notes
 */
static int read_notes(private_state_file_t *this, state_file_cb_t cb,
					  void *data)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	FILE *file;

	file = fopen(this->path, "re");
	if (!file)
	{
		return errno;
	}
	len = getline(&line, &size, file);
	if (len > 0 && streq(line, this->header))
	{
		while ((len = getline(&line, &size, file)) > 0)
		{
			if (line[len - 1] != '\n' || (line[0] != '+' && line[0] != '-'))
			{	/* what was being written by a process that was killed */
				continue;
			}
			line[len - 1] = '\0';
			cb(data, line[0] == '+', line + 1);
		}
	}
	free(line);
	fclose(file);
	return 0;
}

METHOD(state_file_t, destroy, void,
	private_state_file_t *this, bool remove)
{
	if (this->fd != -1)
	{
		if (remove && unlink(this->path) != 0 &&
			ftruncate(this->fd, 0) != 0)
		{	/* what is in it will not be found in the kernel */
		}
		close(this->fd);
	}
	free(this);
}

/*
 * Described in header
 */
state_file_t *state_file_open(const char *path, state_file_cb_t cb, void *data,
							  int *err)
{
	private_state_file_t *this;

	INIT(this,
		.public = {
			.append = _append,
			.rewrite = _rewrite_,
			.destroy = _destroy,
		},
		.fd = -1,
	);
	make_header(this->header);
	if (snprintf(this->path, sizeof(this->path), "%s", path) >= PATH_MAX ||
		snprintf(this->next, sizeof(this->next), "%s.new", path) >= PATH_MAX)
	{
		*err = ENAMETOOLONG;
	}
	else
	{
		*err = open_current(this) ?: read_notes(this, cb, data);
	}
	if (*err)
	{
		destroy(this, FALSE);
		return NULL;
	}
	return &this->public;
}
