// SPDX-License-Identifier: BSD-3-Clause
// A hash index that never stops the world: linear hashing (Litwin, 1980).
//
// With each element more it grows by one bucket, which takes its part of one older bucket, and it
// shrinks the same way. So no look-up, insertion or removal ever waits for a table to be built
// anew, however many elements there are. Elements are chained through a link of their own, so the
// index itself takes one handle a bucket.
#pragma once

#include <bit>
#include <cstddef>

#include "common/container/block_vector.hh"

namespace tcpcopy::container {

/// @tparam Links says what an element is:
///   Handle, Links::kNone: names an element; none.
///   Handle& next(Handle): the link of an element, which is the index's.
///   std::size_t hash(Handle): of the element's key; never changes while it is in the index.
template <typename Links>
class LinearHashIndex {
 public:
  using Handle = typename Links::Handle;

  /// @param hash of the wanted key.
  /// @param matches called as matches(Handle) for those that may be it.
  /// @return kNone when there is none.
  template <typename Matches>
  Handle find(Links links, std::size_t hash, Matches&& matches) const {
    if (size_ == 0) return Links::kNone;
    Handle at = buckets_[bucket_of(hash)];
    while (at != Links::kNone && !matches(at))
      at = links.next(at);
    return at;
  }

  /// REQUIRES: the element is not in the index.
  void insert(Links links, Handle element) {
    if (++size_ > buckets_.size()) add_bucket(links);
    Handle& bucket = buckets_[bucket_of(links.hash(element))];
    links.next(element) = bucket;
    bucket = element;
  }

  /// REQUIRES: the element is in the index.
  void erase(Links links, Handle element) {
    Handle* link = &buckets_[bucket_of(links.hash(element))];
    while (*link != element)
      link = &links.next(*link);
    *link = links.next(element);
    --size_;
    // Two, so that the buckets become fewer as fast as the elements, once half of them are empty.
    for (int i = 0; i < 2 && buckets_.size() / 2 > size_; ++i)
      remove_bucket(links);
  }

  std::size_t size() const { return size_; }
  std::size_t buckets() const { return buckets_.size(); }

 private:
  // With n buckets, between two powers of two, those below n are told apart by one more bit.
  std::size_t bucket_of(std::size_t hash) const {
    const std::size_t mask = std::bit_ceil(buckets_.size()) - 1;
    const std::size_t bucket = hash & mask;
    return bucket < buckets_.size() ? bucket : bucket & (mask >> 1U);
  }

  // The bucket that holds what belongs into `bucket` while that is not there.
  static std::size_t parent_of(std::size_t bucket) { return bucket - std::bit_floor(bucket); }

  void add_bucket(Links links) {
    const std::size_t added = buckets_.size();
    buckets_.push_back(Links::kNone);
    if (added == 0) return;
    const std::size_t parent = parent_of(added);
    Handle* link = &buckets_[parent];
    while (*link != Links::kNone) {
      const Handle element = *link;
      if (bucket_of(links.hash(element)) == parent) {
        link = &links.next(element);
        continue;
      }
      *link = links.next(element);
      links.next(element) = buckets_[added];
      buckets_[added] = element;
    }
  }

  void remove_bucket(Links links) {
    const std::size_t removed = buckets_.size() - 1;
    if (removed > 0) {
      Handle* end = &buckets_[parent_of(removed)];
      while (*end != Links::kNone)
        end = &links.next(*end);
      *end = buckets_[removed];
    }
    buckets_.pop_back();
  }

  BlockVector<Handle> buckets_;  // the first element of each chain
  std::size_t size_ = 0;
};

}  // namespace tcpcopy::container
