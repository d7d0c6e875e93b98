// SPDX-License-Identifier: Apache-2.0
#pragma once
// The functions that generated shape tables point at (aws/shape.h). Only generated code uses these.

#include <cstddef>
#include <string>
#include <utility>

namespace kiln::aws::access {

template <class Structure, class Field>
Structure structure_of(Field Structure::*);

// `member` points at a std::optional or Box of a structure.
template <auto member>
const void* get(const void* structure) {
  using Structure = decltype(structure_of(member));
  const auto& field = static_cast<const Structure*>(structure)->*member;
  return field.has_value() ? static_cast<const void*>(&*field) : nullptr;
}

template <auto member>
void* emplace(void* structure) {
  using Structure = decltype(structure_of(member));
  return &(static_cast<Structure*>(structure)->*member).emplace();
}

template <class List>
std::size_t list_size(const void* list) {
  return static_cast<const List*>(list)->size();
}

template <class List>
const void* list_at(const void* list, std::size_t index) {
  return &(*static_cast<const List*>(list))[index];
}

template <class List>
void* list_append(void* list) {
  return &static_cast<List*>(list)->emplace_back();
}

template <class Map>
void map_for_each(const void* map, void* context,
                  void (*visit)(void* context, const std::string& key, const void* value)) {
  for (const auto& [key, value] : *static_cast<const Map*>(map)) visit(context, key, &value);
}

template <class Map>
void* map_insert(void* map, std::string key) {
  return &static_cast<Map*>(map)
              ->insert_or_assign(std::move(key), typename Map::mapped_type{})
              .first->second;
}

}  // namespace kiln::aws::access
