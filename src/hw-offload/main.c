/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * The command line.
 */

#include "command.h"

#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hwo_config.h"

/**
 * Subcommands, with the letters of the options that they know, what they do and
 * what their arguments are.
 */
static const struct {
	const char *name;
	int (*run)(const options_t *options, int argc, char *argv[]);
	int min_args, max_args;
	const char *args, *options, *help, *about;
} commands[] = {
	{ "list", command_list, 0, 0, "", "jvs",
	  "what became of each CHILD_SA, and why", "" },
	{ "policies", command_policies, 0, 0, "", "jvs",
	  "who enforces each policy", "" },
	{ "devices", command_devices, 0, 0, "", "js",
	  "what interfaces can do, and what is on them", "" },
	{ "explain", command_explain, 1, 2, "CONN [CHILD]", "jfs",
	  "what a connection would get on this host",
	  "  CONN                   name of a connection in swanctl.conf\n"
	  "  CHILD                  name of one of its children, else all of them\n"
	},
	{ "doctor", command_doctor, 0, 0, "", "js",
	  "whether this host can offload, and what to do if not", "" },
	{ "probe", command_probe, 1, 1, "DEVICE", "j",
	  "what the driver of a device accepts, by trial",
	  "  DEVICE                 name of a network interface\n" },
	{ "watch", command_watch, 0, 0, "", "js",
	  "what happens to CHILD_SAs, as it happens", "" },
	{ "release", command_release, 1, 1, "WHAT", "js",
	  "let traffic go that stays blocked",
	  "  WHAT                   name of a connection, address of a peer, "
	  "destination of\n                         a policy (network or address), "
	  "or all\n" },
	{ "clean-up", command_clean_up, 0, 1, "[FILE]", "j",
	  "remove what a daemon left that was killed",
	  "  FILE                   setting state_file, if it is not the default\n"
	},
	{ "metrics", command_metrics, 0, 0, "", "js",
	  "figures for Prometheus", "" },
};

/** Number of subcommands */
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

const char *get_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key)) ?: "-";
}

const char *get_refusal(const json_t *object)
{
	const char *words = json_string_value(json_object_get(object, "kernel"));
	int err = get_number(object, "errno");

	return words ?: (err ? strerror(err) : "-");
}

long long get_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

bool get_bool(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

int print_json(json_t *document, bool line)
{
	int failed;

	failed = json_dumpf(document, stdout, JSON_ENSURE_ASCII |
						(line ? JSON_COMPACT : JSON_INDENT(2)));
	putchar('\n');
	json_decref(document);
	return failed ? EXIT_TROUBLE : EXIT_SUCCESS;
}

/**
 * Print options.
 *
 * @param letters		options that are known
 */
static void print_options(FILE *out, const char *letters)
{
	static const struct {
		char letter;
		const char *text;
	} texts[] = {
		{ 'j', "-j, --json             print JSON" },
		{ 'v', "-v, --verbose          print details of a list" },
		{ 'f', "-f, --file=PATH        explain what is written there, not "
			   "loaded" },
		{ 's', "-s, --socket=PATH      ask there [" HWO_STATUS_SOCKET "]" },
		{ 'h', "-h, --help             print this, or that of a command" },
		{ 'V', "-V, --version          print the version" },
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
	{
		if (strchr(letters, texts[i].letter))
		{
			fprintf(out, "  %s\n", texts[i].text);
		}
	}
	fputs("\nSee hw-offload(8).\n", out);
}

/**
 * Print how to use the command.
 */
static int usage(FILE *out, int status)
{
	size_t i;

	fputs("usage: hw-offload [OPTION...] COMMAND [ARGUMENT...]\n\n", out);
	for (i = 0; i < COMMANDS; i++)
	{
		char name[64];

		snprintf(name, sizeof(name), "%s%s%s", commands[i].name,
				 commands[i].args[0] ? " " : "", commands[i].args);
		fprintf(out, "  %-22s %s\n", name, commands[i].help);
	}
	fputc('\n', out);
	print_options(out, "jvfshV");
	return status;
}

/**
 * Print how to use a subcommand.
 */
static int usage_of(FILE *out, size_t i, int status)
{
	fprintf(out, "usage: hw-offload [OPTION...] %s%s%s\n\n%s\n\n%s%s",
			commands[i].name, commands[i].args[0] ? " " : "",
			commands[i].args, commands[i].help, commands[i].about,
			commands[i].about[0] ? "\n" : "");
	print_options(out, commands[i].options);
	return status;
}

/**
 * Run a subcommand.
 */
static int run(const options_t *options, int argc, char *argv[])
{
	size_t i;

	for (i = 0; i < COMMANDS; i++)
	{
		if (!strcmp(argv[0], commands[i].name))
		{
			if (options->help)
			{
				return usage_of(stdout, i, EXIT_SUCCESS);
			}
			if (argc - 1 < commands[i].min_args ||
				argc - 1 > commands[i].max_args)
			{
				return usage_of(stderr, i, EXIT_TROUBLE);
			}
			if (options->file && commands[i].run != command_explain)
			{
				fprintf(stderr, "hw-offload: only explain looks at a file\n");
				return EXIT_TROUBLE;
			}
			return commands[i].run(options, argc - 1, argv + 1);
		}
	}
	fprintf(stderr, "hw-offload: there is no command '%s', see --help\n",
			argv[0]);
	return EXIT_TROUBLE;
}

/**
 * Parse the options in front of the command.
 *
 * @return			-1 to go on with the command, an exit status otherwise
 */
static int parse(int argc, char *argv[], options_t *options)
{
	static const struct option long_options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "file", required_argument, NULL, 'f' },
		{ "socket", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{}
	};
	int option;

	while ((option = getopt_long(argc, argv, "jvf:s:hV", long_options,
								 NULL)) != -1)
	{
		switch (option)
		{
			case 'j':
				options->json = true;
				break;
			case 'v':
				options->verbose = true;
				break;
			case 'f':
				options->file = optarg;
				break;
			case 's':
				options->socket = optarg;
				break;
			case 'h':
				options->help = true;
				break;
			case 'V':
				printf("hw-offload %s\n", HWO_VERSION);
				return EXIT_SUCCESS;
			default:
				return usage(stderr, EXIT_TROUBLE);
		}
	}
	if (optind < argc)
	{
		return -1;
	}
	return options->help ? usage(stdout, EXIT_SUCCESS)
						 : usage(stderr, EXIT_TROUBLE);
}

int main(int argc, char *argv[])
{
	options_t options = {
		.socket = HWO_STATUS_SOCKET,
		.colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
	};
	int status;

	status = parse(argc, argv, &options);
	if (status >= 0)
	{
		return status;
	}
	status = run(&options, argc - optind, argv + optind);
	if (fflush(stdout) != 0 || ferror(stdout))
	{
		perror("hw-offload");
		return EXIT_TROUBLE;
	}
	return status;
}
