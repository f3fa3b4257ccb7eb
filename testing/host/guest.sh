# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# Boots a guest and says how it ended. QEMU gets no network device, so no packet
# can leave the guest.

guest_pid=""

# The guest's processors, its memory in MiB, and for how long one scenario may
# run. All guests that run side by side have no more processors than the
# machine, if one can: they would spin for locks that another one holds and
# cannot run.
guest_cpus=1
guest_memory=1536
scenario_seconds=${HW_OFFLOAD_SCENARIO_SECONDS:-600}
boot_seconds=120

# 1: the guest's time is counted in instructions, so it does not run away from
# the guest on a busy machine (with one thread for both processors, so it is
# slow).
counted_time=0

# An emulator keeps what it has translated by virtual address: if programs and
# libraries lie somewhere else each time, every start of a program is translated
# anew, which takes four times as long.
kernel_options="console=ttyS0 panic=-1 oops=panic loglevel=5 mitigations=off \
nokaslr norandmaps init_on_alloc=0 random.trust_cpu=on tsc=reliable no_timer_check"

# qemu_machine ACCELERATOR IMAGES: the options that every guest has. An emulated
# "rep movsb" goes byte by byte, so the kernel must not think it is fast.
qemu_machine()
{
	local cpu=max,la57=off,erms=off,fsrm=off
	if [[ $1 == kvm ]]; then
		cpu=host
	fi
	qemu=(qemu-system-x86_64 -machine q35 -accel "$1" -cpu "$cpu" -smp "$guest_cpus"
		-m "$guest_memory" -nodefaults -no-user-config -no-reboot -display none
		-device "isa-debug-exit,iobase=0xf4,iosize=0x01"
		-device virtio-rng-pci -kernel "$2/vmlinuz" -initrd "$2/initrd")
}

# probe_kvm IMAGES: a KVM that is there but broken makes QEMU hang or the guest
# die, so only a guest that really boots proves it. Exit status 1 is init's "end
# 0".
probe_kvm()
{
	local rc=0
	qemu_machine kvm "$1"
	timeout -k 1 10 "${qemu[@]}" -serial null \
		-append "$kernel_options lab.probe" </dev/null >/dev/null 2>&1 || rc=$?
	(( rc == 1 ))
}

# choose_accelerator IMAGES: sets accelerator; what the probe found holds until
# the next reboot.
choose_accelerator()
{
	local note
	note=$cache/kvm-$(cat /proc/sys/kernel/random/boot_id)
	accelerator=tcg,thread=multi
	if [[ ! -w /dev/kvm ]]; then
		return 0
	fi
	if [[ ! -f $note ]]; then
		rm -f "$cache"/kvm-*
		if probe_kvm "$1"; then
			echo works >"$note"
		else
			echo broken >"$note"
			say "/dev/kvm is there, but no guest boots with it: using emulation"
		fi
	fi
	if [[ $(<"$note") == works ]]; then
		accelerator=kvm
	fi
}

# measure_clock: sets clock_options to kernel options for an emulated guest,
# which sees this machine's time stamp counter. Linux finds out its frequency
# with a timer that a busy machine lets run late, and then the guest's time,
# with all deadlines in it, went five times as fast as ours.
measure_clock()
{
	clock_options=""
	if [[ $accelerator == tcg* && $(uname -m) == x86_64 ]]; then
		cc -O2 -o "$log_dir/tsc_khz" "$host_dir/tsc_khz.c"
		clock_options="tsc_early_khz=$("$log_dir/tsc_khz")"
		rm "$log_dir/tsc_khz"
	fi
}

# guest_command RUN SERIES: fills qemu with the command that boots a guest with
# the share of the directory RUN.
guest_command()
{
	local run=$1 images=$log_dir/images/$2 options=$kernel_options
	choose_accelerator "$images"
	if (( counted_time )); then
		qemu_machine tcg "$images"
		qemu+=(-icount shift=1)
	else
		qemu_machine "$accelerator" "$images"
		options+=" $clock_options"
	fi
	rm -f "$run/share/rc"
	qemu+=(
		-drive "file=$images/root.sqfs,if=none,id=root,format=raw,readonly=on"
		-device "virtio-blk-pci,drive=root"
		-drive "file=$images/modules.sqfs,if=none,id=mods,format=raw,readonly=on"
		-device "virtio-blk-pci,drive=mods"
		-fsdev "local,id=lab,path=$run/share,security_model=none"
		-device "virtio-9p-pci,fsdev=lab,mount_tag=lab"
		-append "$options")
	if [[ -n ${claims:-} ]]; then
		qemu+=(-fsdev "local,id=claims,path=$claims,security_model=none"
			-device "virtio-9p-pci,fsdev=claims,mount_tag=claims")
	fi
}

# guest_slots: how many guests may run at once.
guest_slots()
{
	local slots=${HW_OFFLOAD_GUESTS:-$(( $(nproc) / guest_cpus ))}
	echo $(( slots > 0 ? slots : 1 ))
}

# guest_slot: waits until a guest may start. Daemons and tests have deadlines,
# so there is one guest per processor, whoever started it. QEMU inherits the
# slot and holds it even if the lab is killed.
guest_slot()
{
	local slots slot told=0
	slots=$(guest_slots)
	while true; do
		for (( slot = 1; slot <= slots; slot++ )); do
			exec {guest_slot_fd}>"$cache/guest-$slot.lock"
			if flock -n "$guest_slot_fd"; then
				return 0
			fi
			exec {guest_slot_fd}>&-
		done
		if (( ! told )); then
			told=1
			say "waiting until another guest on this machine has ended"
		fi
		sleep 1
	done
}

guest_slot_free()
{
	if [[ -n ${guest_slot_fd:-} ]]; then
		exec {guest_slot_fd}>&-
		guest_slot_fd=""
	fi
}

# guest_run RUN SERIES CALLBACK LIMIT SECONDS: starts a guest that may live for
# SECONDS and waits for its end as guest_watch does. A guest that dies before
# the program of its job has started is given a second chance: nothing that is
# tested had a part in that.
guest_run()
{
	guest_start "$1" "$2" "$5"
	guest_watch "$1" "$3" "$4"
	if [[ $guest_end != ok && ! -e $1/share/out/run.log ]]; then
		say "the guest did not boot ($guest_end), once more"
		mv "$1/serial" "$1/serial.first"
		guest_start "$1" "$2" "$5"
		guest_watch "$1" "$3" "$4"
	fi
}

# guest_start RUN SERIES SECONDS: starts a guest that may live for SECONDS.
guest_start()
{
	local run=$1 seconds=$3
	guest_slot
	guest_command "$run" "$2"
	timeout -k 2 "$seconds" "${qemu[@]}" -serial "file:$run/serial" \
		</dev/null >"$run/qemu.log" 2>&1 &
	guest_pid=$!
}

guest_stop()
{
	if [[ -n $guest_pid ]]; then
		kill -TERM "$guest_pid" 2>/dev/null || true
		wait "$guest_pid" 2>/dev/null || true
		guest_pid=""
	fi
	guest_slot_free
}

# guest_watch RUN CALLBACK SECONDS: waits for the guest's end, calls CALLBACK
# twice per second, and ends a guest that does not get to a scenario in SECONDS
# or works on one for too long. Sets guest_end to "ok", "hang", "panic: TEXT",
# "power-off" or "exit N".
guest_watch()
{
	local run=$1 callback=$2 limit=$3 rc=0 since=$SECONDS now="" current=""
	guest_end=""
	while kill -0 "$guest_pid" 2>/dev/null; do
		sleep 0.5
		"$callback" "$run"
		now=$(cat "$run/share/out/current" 2>/dev/null || true)
		if [[ $now != "$current" ]]; then
			current=$now
			since=$SECONDS
			limit=$scenario_seconds
		elif (( SECONDS - since > limit )); then
			guest_end=hang
			kill -TERM "$guest_pid" 2>/dev/null || true
		fi
	done
	wait "$guest_pid" || rc=$?
	guest_pid=""
	guest_slot_free
	"$callback" "$run"
	if [[ -z $guest_end ]]; then
		guest_end=$(guest_verdict "$run" "$rc")
	fi
}

# guest_verdict RUN STATUS: what QEMU's exit status says.
guest_verdict()
{
	local run=$1 status=$2
	if (( status == 124 || status == 137 )); then
		echo hang
	elif (( status == 0 )); then
		if grep -aq 'Kernel panic' "$run/serial"; then
			echo "panic: $(grep -aEo -m 1 \
				'(BUG|Oops|general protection|Kernel panic).*' "$run/serial" |
				tr -d '\r')"
		else
			echo "power-off"
		fi
	elif (( status % 2 == 1 )) && [[ -s $run/share/rc ]]; then
		if (( status == 1 )) && [[ $(<"$run/share/rc") != 0 ]]; then
			echo "exit $(<"$run/share/rc") (lost on the way out)"
		elif (( status == 1 )); then
			echo ok
		else
			echo "exit $(( status / 2 ))"
		fi
	else
		echo "QEMU's exit status $status"
	fi
}

# kernel_complaints RUN: "SCENARIO<tab>TEXT" for each kernel warning on the
# serial console. An int3 nobody planted is not counted here: patched code that
# is executed from a stale translation, a fault of the emulator (seen with 7.2
# on a very busy machine); it ends the guest anyway. Scenarios announce
# themselves there with "lab: begin NAME".
kernel_complaints()
{
	tr -d '\r' <"$1/serial" | awk '
		/lab: begin / {
			scenario = $0
			sub(/.*lab: begin /, "", scenario)
			next
		}
		/Oops: int3/ { next }
		/WARNING:|BUG:|Oops|general protection fault/ {
			sub(/^\[[ 0-9.]*\] */, "")
			print scenario "\t" $0
		}'
}
