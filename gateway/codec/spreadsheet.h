#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "gateway/codec/formula.h"
#include "gateway/codec/json_scalar.h"

// What spreadsheets make of the cells of a CSV file, and what is done against it.
namespace edudelta::gateway::codec {

// Whether they take the text for a date, a number or a truth value and save it in other words. A quote mark in front
// keeps it; an import takes that off.
bool ChangesInSpreadsheet(absl::string_view text);

// Whether a text gets a quote mark in an export: because they would run it, or save it in other words.
bool IsMarked(absl::string_view text);

// Why a cell is no id, when they have made it: ID_MANGLED_BY_SPREADSHEET; no reason otherwise.
Flaw MangledId(absl::string_view cell);

// Whether they may have made `cell` of this very id: 2025/2/1, 2025-02-01 or 2025年2月1日 of 2025-2-1.
bool MayBeMadeOf(absl::string_view cell, absl::string_view id);

// A number as they and people write it, as a plain one: without commas between thousands and without full width; a
// whole one also without zeros behind a point. Other texts as they are.
std::string PlainNumber(absl::string_view cell, bool whole);

}  // namespace edudelta::gateway::codec
