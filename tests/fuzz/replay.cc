// SPDX-License-Identifier: BSD-3-Clause
// Runs a fuzz target without libFuzzer: over its corpus, and over inputs that are made from the
// corpus in the same way each time.
//
//   fuzz_NAME_replay CORPUS COUNT     the corpus, then so many inputs
//   fuzz_NAME_replay FILE             one input
//
// The input at work is in fuzz_NAME_replay.input, in the working directory: what is there when the
// process has died is what it died of.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.hh"

namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kMaxInput = 4096;

class Dice {  // SplitMix64
 public:
  std::size_t below(std::size_t bound) {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return static_cast<std::size_t>((z ^ (z >> 31U)) % bound);
  }
  std::uint8_t byte() { return static_cast<std::uint8_t>(below(256)); }

 private:
  std::uint64_t state_ = 1;
};

Bytes read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<Bytes> read_corpus(const fs::path& folder) {
  std::vector<fs::path> paths(fs::directory_iterator(folder), {});
  std::sort(paths.begin(), paths.end());
  std::vector<Bytes> corpus(paths.size());
  std::transform(paths.begin(), paths.end(), corpus.begin(), read);
  return corpus;
}

auto at(Bytes& bytes, std::size_t position) {
  return bytes.begin() + static_cast<std::ptrdiff_t>(position);
}

void change(Bytes& input, const std::vector<Bytes>& corpus, Dice& dice) {
  constexpr std::uint8_t kEdges[] = {0, 1, 2, 4, 5, 6, 8, 0x0f, 0x45, 0x7f, 0x80, 0xf0, 0xff};
  const std::size_t place = dice.below(input.size() + 1);
  const std::size_t byte = std::min(place, input.size() - 1);
  switch (dice.below(6)) {
    case 0:
      input[byte] = static_cast<std::uint8_t>(input[byte] ^ 1U << dice.below(8));
      break;
    case 1:
      input[byte] = kEdges[dice.below(std::size(kEdges))];
      break;
    case 2:
      input.insert(at(input, place), 1 + dice.below(8), dice.byte());
      break;
    case 3:
      input.erase(at(input, place), at(input, std::min(input.size(), place + dice.below(16))));
      break;
    case 4:
      input.resize(place);
      break;
    default: {  // goes on as another input ends
      const Bytes& other = corpus[dice.below(corpus.size())];
      const auto from = static_cast<std::ptrdiff_t>(dice.below(other.size() + 1));
      input.resize(place);
      input.insert(input.end(), other.begin() + from, other.end());
      break;
    }
  }
  input.resize(std::clamp<std::size_t>(input.size(), 1, kMaxInput));
}

class Runner {
 public:
  explicit Runner(const std::string& name)
      : path_(name + ".input"), fd_(open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644)) {
    tcpcopy::fuzz::require(fd_ >= 0, "the input at work can be written down");
  }

  void run(const Bytes& input) {
    const auto size = static_cast<ssize_t>(input.size());
    const bool written = pwrite(fd_, input.data(), input.size(), 0) == size &&
                         ftruncate(fd_, static_cast<off_t>(size)) == 0;
    tcpcopy::fuzz::require(written, "the input at work is written down");
    LLVMFuzzerTestOneInput(input.data(), input.size());
    ++runs_;
  }
  void done() const {
    fs::remove(path_);
    std::printf("%zu inputs\n", runs_);
  }

 private:
  std::string path_;
  int fd_;
  std::size_t runs_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2) {
    const Bytes input = read(argv[1]);
    LLVMFuzzerTestOneInput(input.data(), input.size());
    return 0;
  }
  tcpcopy::fuzz::require(argc == 3, "usage: CORPUS COUNT, or FILE");
  std::vector<Bytes> corpus = read_corpus(argv[1]);
  std::erase_if(corpus, [](const Bytes& input) { return input.empty(); });
  tcpcopy::fuzz::require(!corpus.empty(), "there is a corpus");
  Runner runner{fs::path(argv[0]).filename().string()};
  for (const Bytes& input : corpus)
    runner.run(input);
  Dice dice;
  const auto count = std::strtoul(argv[2], nullptr, 10);
  for (std::size_t i = 0; i < count; ++i) {
    Bytes input = corpus[dice.below(corpus.size())];
    for (std::size_t changes = 1 + dice.below(5); changes > 0; --changes)
      change(input, corpus, dice);
    runner.run(input);
  }
  runner.done();
  return 0;
}
