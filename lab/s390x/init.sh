#!/bin/busybox sh
# The first process of the s390x guest: loads modules, gives the devices to vfio-pci, and lets the agent serve one kit after the other at
# the virtual serial port. Marker lines start with "LAB:" and are read by the host.
export PATH=/bin
/bin/busybox --install -s /bin

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
exec </dev/console >/dev/console 2>&1
hostname lab-s390x
echo "LAB: init $(uname -r)"

fail() {
  echo "LAB: failed: $1"
  poweroff -f
}

while read -r module; do
  insmod "/lab/modules/$module" || fail "insmod $module"
done </lab/modules/order

while read -r address; do
  device=/sys/bus/pci/devices/$address
  [ -e "$device" ] || fail "no PCI device $address; there are: $(ls /sys/bus/pci/devices)"
  echo vfio-pci >"$device/driver_override"
  [ -e "$device/driver" ] && echo "$address" >"$device/driver/unbind"
  echo "$address" >/sys/bus/pci/drivers_probe
  [ "$(basename "$(readlink -f "$device/driver")")" = vfio-pci ] || fail "$address could not be bound to vfio-pci"
done </lab/devices

port=
for name in /sys/class/virtio-ports/*/name; do
  [ "$(cat "$name" 2>/dev/null)" = vfio-agent ] && port=/dev/$(basename "$(dirname "$name")")
done
[ -e "$port" ] || fail "no serial port named vfio-agent"

echo "LAB: ready"
while :; do
  /lab/vfio-conformance-agent --port "$port"
  code=$?
  [ $code -eq 0 ] || echo "LAB: agent ended with $code"
done
