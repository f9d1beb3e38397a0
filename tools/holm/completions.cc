// Completion scripts. Each holds three tables (which word may follow, which options a command has,
// what an option's value may be) and a few lines of its shell's language that walk them.
#include <algorithm>
#include <map>
#include <vector>

#include "tools/holm/help.h"

namespace holm::cli {
namespace {

struct Word {
  std::string word;
  std::string summary;
};

struct Tables {
  std::map<std::string, std::vector<Word>> next;     ///< "card" -> add, show, ...
  std::map<std::string, std::vector<Word>> options;  ///< "card add" -> --column, ...
  std::map<std::string, std::string> values;         ///< "card add --due" -> words, or "<file>"
  std::map<std::string, std::vector<Word>> globals;  ///< under ""
};

std::string values_of(const Option& option) {
  if (option.value.empty()) return {};
  if (option.values == "file" || option.values == "folder") return "<file>";
  std::string out(option.values);
  std::replace(out.begin(), out.end(), '|', ' ');
  return out.empty() ? "<text>" : out;
}

Tables tables_of(const Table& table) {
  Tables out;
  for (const auto& command : table) {
    if (command.shown == Command::Shown::hidden) continue;
    std::string prefix;
    std::string_view rest = command.name;
    while (!rest.empty()) {
      const auto space = rest.find(' ');
      const std::string word(rest.substr(0, space));
      const bool last = space == std::string_view::npos;
      auto& words = out.next[prefix];
      const auto found = std::find_if(words.begin(), words.end(),
                                      [&](const Word& one) { return one.word == word; });
      if (found == words.end())
        words.push_back({word, last ? std::string(command.summary) : "more commands"});
      prefix += (prefix.empty() ? "" : " ") + word;
      rest.remove_prefix(last ? rest.size() : space + 1);
    }
    for (const auto& option : command.options) {
      if (option.use == Option::Use::later) continue;
      out.options[prefix].push_back({std::string(option.name), std::string(option.help)});
      if (const auto values = values_of(option); !values.empty())
        out.values[prefix + " " + std::string(option.name)] = values;
    }
  }
  for (const auto& option : global_options()) {
    out.globals[""].push_back({std::string(option.name), std::string(option.help)});
    if (const auto values = values_of(option); !values.empty())
      out.values[" " + std::string(option.name)] = values;
  }
  for (const auto* shell : {"bash", "zsh", "fish"}) out.next["completions"].push_back({shell, ""});
  return out;
}

/// In single quotes, as all three shells read them (fish too: \' inside).
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

std::string joined(const std::vector<Word>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word.word;
  return out;
}

/// name=( [key]=value ... ), as bash and zsh both have associative arrays.
void array(std::string& out, const std::string& name,
           const std::map<std::string, std::string>& entries) {
  out += "declare -gA " + name + "\n" + name + "=()\n";
  for (const auto& [key, value] : entries)
    out += name + "+=([" + quoted("." + key) + "]=" + quoted(value) + ")\n";
}

std::map<std::string, std::string> flat(const std::map<std::string, std::vector<Word>>& lists) {
  std::map<std::string, std::string> out;
  for (const auto& [key, words] : lists) out[key] = joined(words);
  return out;
}

std::string bash(const Tables& tables) {
  std::string out = "# bash completion for holm; made by \"holm completions bash\"\n";
  array(out, "_holm_next", flat(tables.next));
  array(out, "_holm_options", flat(tables.options));
  array(out, "_holm_values", tables.values);
  out += "_holm_globals=" + quoted(joined(tables.globals.at(""))) + "\n";
  out += R"sh(
_holm() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= values i word
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ -n ${_holm_values[". $word"]-} ]]; then
      ((i++))
    elif [[ $word != -* ]]; then
      [[ " ${_holm_next[".$command"]-} " == *" $word "* ]] || break
      command+=${command:+ }$word
    fi
  done
  values=${_holm_values[".$command $prev"]-${_holm_values[". $prev"]-}}
  COMPREPLY=()
  if [[ $values == '<file>' ]]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
  elif [[ $values == '<text>' ]]; then
    return
  elif [[ -n $values ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$values" -- "$cur")
  elif [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${_holm_options[".$command"]-} $_holm_globals" -- "$cur")
  elif [[ -n ${_holm_next[".$command"]-} ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${_holm_next[".$command"]}" -- "$cur")
  else
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
  fi
}
complete -F _holm holm
)sh";
  return out;
}

std::string zsh(const Tables& tables) {
  std::string out = "#compdef holm\n# zsh completion for holm; made by \"holm completions zsh\"\n";
  const auto described = [](const std::map<std::string, std::vector<Word>>& lists) {
    std::map<std::string, std::string> lines;
    for (const auto& [key, words] : lists)
      for (const auto& word : words) {
        auto& line = lines[key];
        line += (line.empty() ? "" : "\n") + word.word;
        if (!word.summary.empty()) line += ":" + word.summary;
      }
    return lines;
  };
  array(out, "_holm_next", described(tables.next));
  array(out, "_holm_options", described(tables.options));
  array(out, "_holm_values", tables.values);
  out += "_holm_globals=" + quoted(described(tables.globals).at("")) + "\n";
  out += R"sh(
_holm() {
  local command= values word i prev=${words[CURRENT-1]}
  local -a known
  for ((i = 2; i < CURRENT; i++)); do
    word=${words[i]}
    if [[ -n ${_holm_values[. $word]} ]]; then
      ((i++))
    elif [[ $word != -* ]]; then
      known=(${${(f)_holm_next[.$command]}%%:*})
      (( ${known[(Ie)$word]} )) || break
      command+=${command:+ }$word
    fi
  done
  values=${_holm_values[.$command $prev]:-${_holm_values[. $prev]}}
  if [[ $values == '<file>' ]]; then
    _files
  elif [[ $values == '<text>' ]]; then
    _message 'words'
  elif [[ -n $values ]]; then
    compadd -- ${=values}
  elif [[ $PREFIX == -* ]]; then
    known=(${(f)_holm_options[.$command]} ${(f)_holm_globals})
    _describe 'option' known
  elif [[ -n ${_holm_next[.$command]} ]]; then
    known=(${(f)_holm_next[.$command]})
    _describe 'command' known
  else
    _files
  fi
}
if [[ $funcstack[1] == _holm ]]; then _holm "$@"; else compdef _holm holm; fi
)sh";
  return out;
}

std::string fish(const Tables& tables) {
  std::string out = "# fish completion for holm; made by \"holm completions fish\"\n";
  out += R"sh(function __holm_at
    set -l words (commandline -opc)
    set -e words[1]
    set -l bare
    set -l skip 0
    for word in $words
        if test $skip = 1
            set skip 0
        else if contains -- $word --home --team --passphrase-file
            set skip 1
        else if not string match -q -- '-*' $word
            set -a bare $word
        end
    end
    test "$bare" = "$argv[1]"; or begin
        test "$argv[2]" = begins; and string match -q -- "$argv[1] *" "$bare"
    end
end
)sh";
  const auto help = [](const Word& word) {
    return word.summary.empty() ? std::string() : " -d " + quoted(word.summary);
  };
  const auto option = [&](const std::string& condition, const std::string& key, const Word& word) {
    out += "complete -c holm" + condition + " -l " + word.word.substr(2);
    const auto values = tables.values.find(key + " " + word.word);
    if (values != tables.values.end()) {
      if (values->second == "<file>")
        out += " -rF";
      else if (values->second == "<text>")
        out += " -x";
      else
        out += " -xa " + quoted(values->second);
    }
    out += help(word) + "\n";
  };
  for (const auto& [command, words] : tables.next)
    for (const auto& word : words)
      out += "complete -c holm -f -n \"__holm_at " + quoted(command) + "\" -a " + word.word +
             help(word) + "\n";
  for (const auto& [command, words] : tables.options)
    for (const auto& word : words)
      option(" -n \"__holm_at " + quoted(command) + " begins\"", command, word);
  for (const auto& word : tables.globals.at("")) option("", "", word);
  return out;
}

}  // namespace

std::optional<std::string> completion_script(const Table& table, std::string_view shell) {
  const auto tables = tables_of(table);
  if (shell == "bash") return bash(tables);
  if (shell == "zsh") return zsh(tables);
  if (shell == "fish") return fish(tables);
  return std::nullopt;
}

}  // namespace holm::cli
