# Makes faults.yaml from faults.def:  awk -f faults-yaml.awk faults.def > faults.yaml
BEGIN {
	print "# Made from faults.def by `make faults.yaml`. Every fault and benign variation of the module, by the name that the reference device"
	print "# has for it; `breaks` names the primary clause first. `on: destination` shows on the device that is resumed, `layouts` where it shows"
	print "# in those only, `assume: s390x` where the device has to be taken for a zPCI function."
}

function end_entry(   parts, n, i, list, layouts) {
	if (entry == "")
		return
	# "A", "B", ... : the strings in order, those after the last comma belong together
	n = split(entry, parts, "\"")
	clauses = kind == "FAULT" ? parts[2] : ""
	where = kind == "FAULT" ? parts[4] : parts[2]
	summary = ""
	for (i = kind == "FAULT" ? 6 : 4; i <= n; i += 2)
		summary = summary parts[i]
	gsub(/_/, "-", name)
	gsub(/ /, ", ", clauses)
	line = "- {name: " name
	line = line (kind == "FAULT" ? ", breaks: [" clauses "]" : ", benign: true")
	if (where ~ /destination/)
		line = line ", on: destination"
	layouts = where ~ /mapped/ ? "mmapped, partitioned" : where ~ /trapped/ ? "trapped" : where ~ /partitioned/ ? "partitioned" : ""
	if (layouts != "")
		line = line ", layouts: [" layouts "]"
	if (where ~ /s390x/)
		line = line ", assume: s390x"
	print line ", kernel-driver: true, summary: \"" summary "\"}"
	entry = ""
}

/^(FAULT|VARIATION)\(/ {
	end_entry()
	kind = $0
	sub(/\(.*/, "", kind)
	name = $0
	sub(/^[A-Z]+\(/, "", name)
	sub(/,.*/, "", name)
	entry = $0
	next
}

/^[ \t]+"/ { entry = entry $0; next }

{ end_entry() }

END { end_entry() }
