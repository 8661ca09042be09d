#pragma once

// Bounds that no annotation gives: the engine holds to them, and the OpenAPI document tells them.
namespace edudelta::describe {

// Characters of a step's `note`.
inline constexpr int kLongestNote = 2000;
// Bytes of a `filter`.
inline constexpr int kLongestFilter = 4000;
// Rows of a batch, and items of a list within a row.
inline constexpr int kMostItems = 1000;

}  // namespace edudelta::describe
