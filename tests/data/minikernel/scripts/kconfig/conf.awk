# SPDX-License-Identifier: GPL-2.0-only
# The part of the Kconfig language that the tree uses: config, bool, tristate,
# int, prompts, default, depends on, select, if, menu, source. Values are computed
# again and again until none changes. Tristates are 0 (n), 1 (m), 2 (y).
BEGIN {
	read_values(input)
	nr_if = 0
	read_file("Kconfig")
	for (round = 0; round < 20; round++) {
		changed = 0
		for (i = 1; i <= nr; i++)
			compute(symbol[i])
		if (!changed)
			break
	}
	print "# Automatically generated; do not edit."
	for (i = 1; i <= nr; i++)
		write_symbol(symbol[i])
}

function read_values(file,  line, a) {
	while ((getline line < file) > 0) {
		if (line ~ /^CONFIG_[A-Za-z0-9_]+=/) {
			a = index(line, "=")
			user[substr(line, 8, a - 8)] = substr(line, a + 1)
		} else if (line ~ /^# CONFIG_[A-Za-z0-9_]+ is not set/) {
			split(line, w, " ")
			user[substr(w[2], 8)] = "n"
		}
	}
	close(file)
}

function read_file(rel,  file, line, word, cur, rest, in_help, name) {
	file = srctree "/" rel
	print file >deps
	while ((getline line < file) > 0) {
		if (in_help && (line ~ /^\t  / || line ~ /^[ \t]*$/))
			continue
		in_help = 0
		sub(/^[ \t]+/, "", line)
		if (line == "" || line ~ /^#/)
			continue
		word = line
		sub(/[ \t].*/, "", word)
		rest = substr(line, length(word) + 1)
		sub(/^[ \t]+/, "", rest)
		if (word == "config" || word == "menuconfig") {
			cur = rest
			add_symbol(cur)
		} else if (word == "bool" || word == "tristate" || word == "int") {
			type[cur] = word
			set_prompt(cur, rest)
		} else if (word == "def_bool" || word == "def_tristate") {
			type[cur] = substr(word, 5)
			add_default(cur, rest)
		} else if (word == "prompt") {
			set_prompt(cur, rest)
		} else if (word == "default") {
			add_default(cur, rest)
		} else if (word == "depends") {
			sub(/^on[ \t]+/, "", rest)
			depends[cur] = both(depends[cur], rest)
		} else if (word == "select") {
			selects[cur, ++nr_selects[cur]] = rest
		} else if (word == "help") {
			in_help = 1
		} else if (word == "if") {
			conds[++nr_if] = rest
		} else if (word == "endif") {
			nr_if--
		} else if (word == "source") {
			gsub(/"/, "", rest)
			name = rest
			sub(/\$\(SRCARCH\)/, srcarch, name)
			read_file(name)
		} else if (word != "menu" && word != "endmenu" &&
			   word != "mainmenu") {
			print rel ": unknown keyword: " word >"/dev/stderr"
			exit 1
		}
	}
	close(file)
}

function add_symbol(s,  i) {
	if (!(s in type)) {
		symbol[++nr] = s
		type[s] = "bool"
		value[s] = 0
	}
	for (i = 1; i <= nr_if; i++)
		depends[s] = both(depends[s], conds[i])
}

function set_prompt(s, text,  i) {
	if (text == "")
		return
	i = index(text, "\" if ")
	prompt[s] = i ? substr(text, i + 5) : "y"
}

function add_default(s, text) {
	defaults[s, ++nr_defaults[s]] = text
}

function both(a, b) {
	return a == "" ? b : "(" a ") && (" b ")"
}

function split_if(text,  i) {
	i = index(text, " if ")
	cond = i ? substr(text, i + 4) : "y"
	return i ? substr(text, 1, i - 1) : text
}

function compute(s,  dep, v, i, t, sel, visible) {
	dep = truth(depends[s])
	visible = (s in prompt) ? min(dep, truth(prompt[s])) : 0
	if (type[s] == "int") {
		v = ""
		for (i = 1; v == "" && i <= nr_defaults[s]; i++) {
			t = split_if(defaults[s, i])
			if (truth(cond))
				v = t
		}
		if (visible && s in user)
			v = user[s]
		set(s, dep ? v : "")
		return
	}
	if (visible && s in user) {
		v = min(level(user[s]), visible)
	} else if (visible && no) {
		v = 0
	} else {
		v = 0
		for (i = 1; i <= nr_defaults[s]; i++) {
			t = split_if(defaults[s, i])
			if (truth(cond)) {
				v = min(truth(t), min(dep, truth(cond)))
				break
			}
		}
	}
	sel = selected[s] + 0
	if (sel > v)
		v = sel
	if (v == 1 && (type[s] == "bool" || !value["MODULES"]))
		v = 2
	set(s, v)
	for (i = 1; i <= nr_selects[s]; i++) {
		t = split_if(selects[s, i])
		v = min(value[s], truth(cond))
		if (v > selected[t] + 0) {
			selected[t] = v
			changed = 1
		}
	}
}

function set(s, v) {
	if (value[s] "" != v "")
		changed = 1
	value[s] = v
}

function level(text) {
	return text == "y" ? 2 : text == "m" ? 1 : 0
}

function min(a, b) {
	return a < b ? a : b
}

# Expressions: a || b, a && b, !a, (a), SYMBOL, SYMBOL=v, SYMBOL!=v, y, m, n.
function truth(text) {
	if (text == "")
		return 2
	expr = text
	return or_expr()
}

function skip_blanks() {
	sub(/^[ \t]+/, "", expr)
}

function or_expr(  a, b) {
	a = and_expr()
	for (skip_blanks(); substr(expr, 1, 2) == "||"; skip_blanks()) {
		expr = substr(expr, 3)
		b = and_expr()
		a = a > b ? a : b
	}
	return a
}

function and_expr(  a, b) {
	a = not_expr()
	for (skip_blanks(); substr(expr, 1, 2) == "&&"; skip_blanks()) {
		expr = substr(expr, 3)
		b = not_expr()
		a = min(a, b)
	}
	return a
}

function not_expr(  a, name, other, neg) {
	skip_blanks()
	if (substr(expr, 1, 1) == "!") {
		expr = substr(expr, 2)
		return 2 - not_expr()
	}
	if (substr(expr, 1, 1) == "(") {
		expr = substr(expr, 2)
		a = or_expr()
		skip_blanks()
		expr = substr(expr, 2)
		return a
	}
	match(expr, /^[A-Za-z0-9_]+/)
	name = substr(expr, 1, RLENGTH)
	expr = substr(expr, RLENGTH + 1)
	if (expr ~ /^!?=/) {
		neg = substr(expr, 1, 1) == "!"
		expr = substr(expr, neg ? 3 : 2)
		match(expr, /^[A-Za-z0-9_]+/)
		other = substr(expr, 1, RLENGTH)
		expr = substr(expr, RLENGTH + 1)
		a = word_value(name) == word_value(other)
		return neg ? 2 - 2 * a : 2 * a
	}
	return word_value(name)
}

function word_value(name) {
	if (name == "y" || name == "m" || name == "n")
		return level(name)
	return value[name] + 0
}

function write_symbol(s,  dep) {
	dep = truth(depends[s])
	if (selected[s] + 0 > dep)
		print "\nWARNING: unmet direct dependencies detected for " s \
			"\n  Depends on [n]: " depends[s] >"/dev/stderr"
	if (type[s] == "int") {
		if (value[s] != "")
			print "CONFIG_" s "=" value[s]
	} else if (value[s]) {
		print "CONFIG_" s "=" (value[s] == 2 ? "y" : "m")
	} else if (dep && s in prompt) {
		print "# CONFIG_" s " is not set"
	}
}
