// SPDX-License-Identifier: BSD-3-Clause
// A command line as words.
#pragma once

#include <string>
#include <vector>

namespace tcpcopy::test {

using Words = std::vector<std::string>;

inline Words joined(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// @return what `parse` (argc, argv) makes of the program's name and the words.
template <typename Parse>
auto parse_words(Parse parse, const char* program, const Words& words) {
  std::vector<const char*> argv{program};
  for (const std::string& word : words)
    argv.push_back(word.c_str());
  return parse(static_cast<int>(argv.size()), argv.data());
}

}  // namespace tcpcopy::test
