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
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/** By how much the file grows, notes have about 100 bytes */
#define ROOM 0x10000

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

	/**
	 * The file in memory, NULL before the first note; its size, and where its
	 * last note ends. What follows is zero
	 */
	char *map;
	size_t size, used;
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

/**
 * Get rid of the mapping
 */
static void unmap(private_state_file_t *this)
{
	if (this->map)
	{
		munmap(this->map, this->size);
		this->map = NULL;
	}
}

/**
 * Make room behind the last note. It is allocated now: a file system that is
 * full says so here, while a process that writes to its memory is killed.
 */
static int grow(private_state_file_t *this, size_t len)
{
	size_t size = this->used + len + ROOM;
	char *map;
	int err;

	err = posix_fallocate(this->fd, 0, size);
	if (err)
	{
		return err;
	}
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, this->fd, 0);
	if (map == MAP_FAILED)
	{
		return errno;
	}
	unmap(this);
	this->map = map;
	this->size = size;
	return 0;
}

METHOD(state_file_t, append, int,
	private_state_file_t *this, bool add, const char *line)
{
	size_t len = strlen(line);
	char *note;
	int err;

	if (!this->map || this->size - this->used < len + 2)
	{
		err = grow(this, len + 2);
		if (err)
		{
			return err;
		}
	}
	note = this->map + this->used;
	memcpy(note + 1, line, len);
	note[len + 1] = '\n';
	/* what makes it a note comes last */
	__atomic_store_n(note, add ? '+' : '-', __ATOMIC_RELEASE);
	this->used += len + 2;
	return 0;
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
static int write_next(private_state_file_t *this, int fd, enumerator_t *lines,
					  size_t *size)
{
	char *buf = NULL, *line;
	FILE *stream;
	int err;

	stream = open_memstream(&buf, size);
	if (!stream)
	{
		return errno;
	}
	fputs(this->header, stream);
	while (lines->enumerate(lines, &line))
	{
		fprintf(stream, "+%s\n", line);
	}
	err = fclose(stream) == 0 ? write_all(fd, buf, *size) : errno;
	free(buf);
	return err;
}

METHOD(state_file_t, rewrite_, int,
	private_state_file_t *this, enumerator_t *lines)
{
	size_t size = 0;
	int fd = -1, err;

	/* one that was left half-written */
	unlink(this->next);
	err = open_own(this->next, O_EXCL, &fd);
	err = err ?: write_next(this, fd, lines, &size);
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
	unmap(this);
	close(this->fd);
	this->fd = fd;
	this->used = size;
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
		this->used = len;
		while ((len = getline(&line, &size, file)) > 0)
		{
			if (line[len - 1] != '\n' || (line[0] != '+' && line[0] != '-'))
			{	/* what was being written by a process that was killed */
				continue;
			}
			this->used = ftell(file);
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
	bool truncate = this->map != NULL;

	unmap(this);
	if (this->fd != -1)
	{
		if (remove && unlink(this->path) != 0)
		{
			this->used = 0;
			truncate = TRUE;
		}
		if (truncate && ftruncate(this->fd, this->used) != 0)
		{	/* what follows is no note, and what is in a note will not be
			 * found in the kernel */
		}
		close(this->fd);
	}
	free(this);
}

/*
 * Described in header
 */
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
