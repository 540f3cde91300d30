// SPDX-License-Identifier: BSD-3-Clause
#include "common/container/linear_hash_index.hh"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <set>

namespace tcpcopy::container {
namespace {

struct Element {
  std::uint32_t key = 0;
  Element* next = nullptr;
};

struct Links {
  using Handle = Element*;
  static constexpr Handle kNone = nullptr;
  static Handle& next(Handle element) { return element->next; }
  // A poor one on purpose: four keys share each value.
  static std::size_t hash(Handle element) { return hash_of(element->key); }
  static std::size_t hash_of(std::uint32_t key) { return key / 4; }
};

class Index {
 public:
  void insert(std::uint32_t key) {
    elements_.push_back({key, nullptr});
    index_.insert(Links(), &elements_.back());
  }
  void erase(std::uint32_t key) { index_.erase(Links(), find(key)); }
  Element* find(std::uint32_t key) const {
    return index_.find(Links(), Links::hash_of(key),
                       [&](const Element* element) { return element->key == key; });
  }
  std::size_t size() const { return index_.size(); }
  std::size_t buckets() const { return index_.buckets(); }

 private:
  std::deque<Element> elements_;
  LinearHashIndex<Links> index_;
};

TEST(LinearHashIndex, FindsNothingWhenEmpty) {
  const Index index;
  EXPECT_EQ(index.find(1), nullptr);
  EXPECT_EQ(index.size(), 0U);
}

TEST(LinearHashIndex, FindsWhatIsThereAtEverySize) {
  Index index;
  for (std::uint32_t key = 0; key < 300; ++key) {
    index.insert(key);
    EXPECT_LE(index.buckets(), index.size());
    for (std::uint32_t other = 0; other < 300; ++other)
      ASSERT_EQ(index.find(other) != nullptr, other <= key) << other << " of " << key;
  }
}

TEST(LinearHashIndex, ShrinksWithItsElementsAndFindsTheRest) {
  constexpr std::uint32_t kKeys = 20'000;
  Index index;
  for (std::uint32_t key = 0; key < kKeys; ++key)
    index.insert(key);
  for (std::uint32_t key = 0; key < kKeys; ++key) {
    index.erase(key);
    ASSERT_LE(index.buckets(), std::max<std::size_t>(2 * index.size() + 1, 1));
    ASSERT_EQ(index.find(key), nullptr);
    if (key + 1 < kKeys) {
      ASSERT_NE(index.find(kKeys - 1), nullptr);
    }
  }
  EXPECT_EQ(index.size(), 0U);
  EXPECT_LE(index.buckets(), 1U);
  index.insert(7);
  EXPECT_NE(index.find(7), nullptr);
}

TEST(LinearHashIndex, AgreesWithASetWhateverComes) {
  std::mt19937 random(1);
  Index index;
  std::set<std::uint32_t> expected;
  for (int step = 0; step < 50'000; ++step) {
    const auto key = static_cast<std::uint32_t>(random() % 2000);
    // Phases of growth and of decline.
    const bool grow = random() % 8 < (step / 5000 % 2 == 0 ? 6U : 2U);
    if (grow && expected.insert(key).second) index.insert(key);
    if (!grow && expected.erase(key) == 1) index.erase(key);
    ASSERT_EQ(index.size(), expected.size());
    const auto asked = static_cast<std::uint32_t>(random() % 2000);
    ASSERT_EQ(index.find(asked) != nullptr, expected.contains(asked)) << asked;
  }
}

}  // namespace
}  // namespace tcpcopy::container
