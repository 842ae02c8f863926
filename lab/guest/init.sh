#!/bin/busybox sh
# The first process of the lab's guest: mounts, loads modules, gives the devices to vfio-pci, runs one command, powers off.
# Marker lines start with "LAB:" and are read by the host. Everything else on the console is the kernel's or the command's.
export PATH=/usr/bin:/bin HOME=/root TERM=${TERM:-linux} NO_COLOR=1 LAB=1
/bin/busybox --install -s /bin

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /tmp
mount -t debugfs debugfs /sys/kernel/debug
ln -s /proc/self/fd /dev/fd
exec </dev/console >/dev/console 2>&1
echo "LAB: init $(uname -r)"

# Whatever happens from here on, the host learns of it and the machine goes off.
finish() {
  if grep -q ' /results ' /proc/mounts; then
    cat /proc/sys/kernel/tainted >/results/tainted
    dmesg >/results/dmesg.txt
    sync
  fi
  echo "LAB: power off"
  poweroff -f
}
fail() {
  echo "LAB: failed: $1"
  finish
}

while read -r module; do
  insmod "/lab/modules/$module" || fail "insmod $module"
done </lab/modules/order

mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=none results /results || fail "mounting the results share"
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=loose,ro kit /kit || fail "mounting the kit share"
if [ -e /results/lab-queue ]; then
  mount -t 9p -o trans=virtio,version=9p2000.L,msize=65536,cache=none queue /queue || fail "mounting the queue share"
else
  rmdir /queue
fi
# The kit writes its reports under results/ of its own folder, which is read-only here: they come back through the share.
if [ -d /kit/results ]; then mount --bind /results /kit/results || fail "binding the results"; fi

hostname lab
ip link set lo up
ulimit -l unlimited
cat /proc/sys/kernel/tainted >/results/tainted-before

while read -r address; do
  device=/sys/bus/pci/devices/$address
  [ -e "$device" ] || fail "no PCI device at $address"
  echo vfio-pci >"$device/driver_override"
  [ -e "$device/driver" ] && echo "$address" >"$device/driver/unbind"
  echo "$address" >/sys/bus/pci/drivers_probe
  [ "$(basename "$(readlink -f "$device/driver")")" = vfio-pci ] || fail "$address could not be bound to vfio-pci"
  [ -e "/dev/vfio/$(basename "$(readlink -f "$device/iommu_group")")" ] || fail "$address has no VFIO group"
done </results/lab-bind

cd /kit || fail "no kit"
echo "LAB: ready"
if [ -e /results/lab-interactive ]; then
  setsid cttyhack sh /results/lab-command
  code=$?
else
  # Through a pipe, so that programs see that nobody is at the terminal.
  mkfifo /tmp/lab-output
  cat /tmp/lab-output &
  reader=$!
  sh /results/lab-command </dev/null >/tmp/lab-output 2>&1
  code=$?
  # Something that was left in the background may keep the pipe open.
  (sleep 2 && kill -PIPE "$reader") 2>/dev/null &
  wait "$reader"
fi
echo "$code" >/results/lab-exit-code
echo "LAB: exit $code"
finish
