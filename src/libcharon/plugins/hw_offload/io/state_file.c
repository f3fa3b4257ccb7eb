/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Keeps a file of notes about lines.
 */

#include "state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/** Tells where and when notes hold, boot ID included */
#define HEADER_SIZE 96

/** Line behind those that were rewritten, the file is complete with it */
#define COMPLETE "=\n"

/**
 * Private data of state_file_t.
 */
typedef struct {
	/** public interface */
	state_file_t public;
	/** paths of both files */
	char path[2][PATH_MAX];
	/** the files */
	int fd[2];
	/** the one that is complete, the other one is empty */
	int current;
	/** where its last note ends */
	off_t used;
	/** first line */
	char header[HEADER_SIZE];
	/** socket that keeps other processes out, -1 without */
	int lock;
} private_state_file_t;

/**
 * Write the first line: the notes below it are only true for this boot.
 */
static void make_header(char header[HEADER_SIZE])
{
	char boot[64] = "-";
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
	snprintf(header, HEADER_SIZE, "hw-offload 2 boot %s\n", boot);
}

/**
 * Name both files after the network namespace, whose SAs and SPs are noted.
 */
static int make_paths(private_state_file_t *this, const char *path)
{
	static const char *suffixes[] = { "", ".2" };
	struct stat netns = {};
	int i;

	if (stat("/proc/self/ns/net", &netns) != 0)
	{
		netns.st_ino = 0;
	}
	for (i = 0; i < 2; i++)
	{
		if (snprintf(this->path[i], PATH_MAX, "%s.%llu%s", path,
					 (unsigned long long)netns.st_ino, suffixes[i]) >= PATH_MAX)
		{
			return ENAMETOOLONG;
		}
	}
	return 0;
}

/**
 * Check if the process that has an address may have our file, or whether some
 * user only wants us not to.
 */
static bool is_owner(const struct sockaddr_un *addr, socklen_t len)
{
	socklen_t size = sizeof(struct ucred);
	struct ucred cred;
	bool owner = FALSE;
	int fd;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd != -1)
	{
		owner = connect(fd, (const struct sockaddr*)addr, len) == 0 &&
				getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) == 0 &&
				(cred.uid == 0 || cred.uid == geteuid());
		close(fd);
	}
	return owner;
}

/**
 * Keep other processes of this network namespace from using the file. The
 * kernel frees the address when the process ends, however that happens.
 */
static int lock_path(private_state_file_t *this)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t size = sizeof(addr.sun_path) - 2, skip;
	socklen_t len;
	int err = 0;

	/* the end of the path is what differs */
	skip = strlen(this->path[0]);
	skip -= min(skip, size);
	strcpy(addr.sun_path + 1, this->path[0] + skip);
	len = offsetof(struct sockaddr_un, sun_path) + 1 +
		  strlen(addr.sun_path + 1);
	this->lock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (this->lock == -1)
	{
		return errno;
	}
	if (bind(this->lock, (struct sockaddr*)&addr, len) != 0)
	{
		err = errno == EADDRINUSE ? EWOULDBLOCK : errno;
	}
	else if (listen(this->lock, 1) != 0)
	{
		err = errno;
	}
	return err == EWOULDBLOCK && !is_owner(&addr, len) ? 0 : err;
}

/**
 * Open a file of ours.
 */
static int open_own(const char *path, int *fd)
{
	struct stat st;
	int err = 0;

	*fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			   0600);
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
	return err;
}

/**
 * Write all bytes at the end of the current file, or none.
 */
static int write_end(private_state_file_t *this, const char *buf, size_t len)
{
	int fd = this->fd[this->current], err;
	ssize_t written;

	written = write(fd, buf, len);
	if (written == (ssize_t)len)
	{
		this->used += len;
		return 0;
	}
	err = written < 0 ? errno : ENOSPC;
	if (written > 0 && ftruncate(fd, this->used) != 0)
	{
		err = errno;
	}
	return err;
}

METHOD(state_file_t, append, int,
	private_state_file_t *this, bool add, const char *line)
{
	char *note;
	int err;

	if (asprintf(&note, "%c%s\n", add ? '+' : '-', line) < 0)
	{
		return ENOMEM;
	}
	err = write_end(this, note, strlen(note));
	free(note);
	return err;
}

/**
 * Collect what is in a file that is rewritten.
 */
static int print_lines(private_state_file_t *this, enumerator_t *lines,
					   char **buf, size_t *size)
{
	FILE *stream;
	char *line;

	stream = open_memstream(buf, size);
	if (!stream)
	{
		return errno;
	}
	fputs(this->header, stream);
	while (lines->enumerate(lines, &line))
	{
		fprintf(stream, "+%s\n", line);
	}
	fputs(COMPLETE, stream);
	return fclose(stream) == 0 ? 0 : errno;
}

/**
 * Make one of the files the current one, and empty.
 */
static int start_anew(private_state_file_t *this, int index)
{
	if (ftruncate(this->fd[index], 0) != 0)
	{
		return errno;
	}
	this->current = index;
	this->used = 0;
	return 0;
}

/**
 * Fill the file that is not the current one, and let it be that.
 */
static int replace(private_state_file_t *this, const char *buf, size_t size)
{
	int old = this->current, err;
	off_t used = this->used;

	err = start_anew(this, !old) ?: write_end(this, buf, size);
	if (err)
	{
		start_anew(this, !old);
		this->current = old;
		this->used = used;
		return err;
	}
	return ftruncate(this->fd[old], 0) == 0 ? 0 : errno;
}

METHOD(state_file_t, rewrite_, int,
	private_state_file_t *this, enumerator_t *lines)
{
	char *buf = NULL;
	size_t size = 0;
	int err;

	err = print_lines(this, lines, &buf, &size);
	lines->destroy(lines);
	if (!err)
	{
		err = replace(this, buf, size);
		if (err == ENOSPC && (off_t)size <= this->used)
		{	/* the notes that nobody needs anymore take the room */
			err = start_anew(this, this->current) ?: write_end(this, buf, size);
		}
	}
	free(buf);
	return err;
}

/**
 * Check if a file is of this boot, and was completed.
 */
static bool is_complete(private_state_file_t *this, FILE *file)
{
	bool complete = FALSE;
	char *line = NULL;
	size_t size = 0;

	if (getline(&line, &size, file) > 0 && streq(line, this->header))
	{
		while (!complete && getline(&line, &size, file) > 0)
		{
			complete = streq(line, COMPLETE);
		}
	}
	free(line);
	return complete;
}

/**
 * Read all notes in a file.
 */
static void read_notes(FILE *file, state_file_cb_t cb, void *data)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	rewind(file);
	while ((len = getline(&line, &size, file)) > 0)
	{	/* one without an end was being written by a process that was killed */
		if (line[len - 1] == '\n' && (line[0] == '+' || line[0] == '-'))
		{
			line[len - 1] = '\0';
			cb(data, line[0] == '+', line + 1);
		}
	}
	free(line);
}

/**
 * Read the notes in the file that is complete. If both are, the process was
 * killed before it could clear the older one, which says the same.
 */
static int read_current(private_state_file_t *this, state_file_cb_t cb,
						void *data)
{
	bool complete = FALSE;
	FILE *file;
	int i;

	for (i = 0; i < 2 && !complete; i++)
	{
		file = fopen(this->path[i], "re");
		if (!file)
		{
			return errno;
		}
		complete = is_complete(this, file);
		if (complete)
		{
			this->current = i;
			read_notes(file, cb, data);
		}
		fclose(file);
	}
	return 0;
}

METHOD(state_file_t, destroy, void,
	private_state_file_t *this, bool remove)
{
	int i;

	for (i = 0; i < 2; i++)
	{
		if (this->fd[i] == -1)
		{
			continue;
		}
		if (remove && unlink(this->path[i]) != 0 &&
			ftruncate(this->fd[i], 0) != 0)
		{
			DBG1(DBG_KNL, "unable to remove %s: %s", this->path[i],
				 strerror(errno));
		}
		close(this->fd[i]);
	}
	if (this->lock != -1)
	{
		close(this->lock);
	}
	free(this);
}

state_file_t *hwo_state_file_open(const char *path, state_file_cb_t cb,
								  void *data,
								  int *err)
{
	private_state_file_t *this;

	INIT(this,
		.public = {
			.append = _append,
			.rewrite = _rewrite_,
			.destroy = _destroy,
		},
		.fd = { -1, -1 },
		.lock = -1,
	);
	make_header(this->header);
	*err = make_paths(this, path) ?:
		   lock_path(this) ?:
		   open_own(this->path[0], &this->fd[0]) ?:
		   open_own(this->path[1], &this->fd[1]) ?:
		   read_current(this, cb, data);
	if (*err)
	{
		destroy(this, FALSE);
		return NULL;
	}
	return &this->public;
}
