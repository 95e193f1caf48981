#pragma once

#include "base/error.hpp"
#include "journal/journal.hpp"
#include "journal/pointer.hpp"
#include "os/fs.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace rehome::journal {

// <state>/transactions/<id>/journal: where the journals of this user lie. `state` is rehome's own
// state directory.
std::filesystem::path transactions_directory(const std::filesystem::path& state);

// Reads one journal; nothing if the file is missing or its Begin is torn.
std::optional<Journal> read_journal(const os::ReadFs& fs, const std::filesystem::path& path);

// What can be read, oldest first, and why the rest cannot.
struct Shelf {
    std::vector<Journal> journals;
    std::vector<base::Error> damage;
};

// Every transaction that the state directory or a pointer of one of the homes knows. One whose
// Begin is torn never happened and is left out. For who only looks: nobody may act on a part.
Shelf read_readable(const os::ReadFs& fs, const std::filesystem::path& state,
                    const std::vector<std::filesystem::path>& homes);

// All of them, oldest first. Throws Error(attention) for a damaged journal.
std::vector<Journal> read_all(const os::ReadFs& fs, const std::filesystem::path& state,
                              const std::vector<std::filesystem::path>& homes);

// A transaction that was just created. Its journal survives a crash once Begin is appended and the
// directories are synced: its own, and each new one up to one that was there before.
struct Created {
    std::string id;
    Writer writer;
    std::vector<os::Directory> unsynced;
};

// Makes the directory of a new transaction with the next free id: one more than the largest that is
// in the state directory or in `known`. Missing parents are made 0700.
Created create_transaction(os::Fs& fs, const std::filesystem::path& state,
                           const std::vector<std::string>& known);

// In the transaction's directory: what was read of its item with this number (from 1) on the way
// there or back.
std::string manifest_name(std::size_t number, Direction direction);

// Deletes what the transaction has written down about its copies: nothing is left to compare.
void remove_manifests(os::Fs& fs, const std::filesystem::path& journal);

// Deletes a transaction's directory. The caller has made sure that nobody needs it.
void remove_transaction(os::Fs& fs, const std::filesystem::path& journal);

}  // namespace rehome::journal
