#include "power/crash_states.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>

#include <map>
#include <optional>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace rehome::power {

namespace {

using Fates = std::vector<Fate>;

const char* word_of(Fate fate) {
    switch (fate) {
        case Fate::lost: return "lost";
        case Fate::kept: return "kept";
        case Fate::half: return "half";
        case Fate::zeros: return "zeros";
        case Fate::behind: return "second half";
    }
    return "";
}

class CutStates {
public:
    CutStates(const Recording& recording, const Cut& cut) : recording_(recording), cut_(cut) {
        for (std::size_t index = 0; index < cut.changes.size(); ++index) {
            possible_.push_back(fates_of(cut.changes[index]));
            if (possible_.back().size() > 1) {
                open_.push_back(index);
            }
        }
    }

    // How many there are, as far as `most`.
    [[nodiscard]] std::size_t count(std::size_t most) const {
        std::size_t all = 1;
        for (const std::size_t index : open_) {
            all *= possible_[index].size();
            if (all > most) {
                return most + 1;
            }
        }
        return all;
    }

    void visit_all(const std::function<void(const Fates&)>& visit) const {
        Fates fates = all(Fate::lost);
        std::vector<std::size_t> digits(open_.size(), 0);
        while (true) {
            for (std::size_t i = 0; i < open_.size(); ++i) {
                fates[open_[i]] = possible_[open_[i]][digits[i]];
            }
            visit(fates);
            std::size_t place = 0;
            while (place < open_.size() && ++digits[place] == possible_[open_[place]].size()) {
                digits[place++] = 0;
            }
            if (place == open_.size()) {
                return;
            }
        }
    }

    void visit_some(std::size_t most, std::mt19937_64& random,
                    const std::function<void(const Fates&)>& visit) const {
        for (const Fate others : {Fate::lost, Fate::kept}) {
            for (const std::size_t index : open_) {
                for (const Fate fate : possible_[index]) {
                    Fates alone = all(others);
                    alone[index] = fate;
                    visit(alone);
                    Fates prefix = all(Fate::kept);
                    for (const std::size_t later : open_) {
                        prefix[later] = later > index ? Fate::lost : prefix[later];
                    }
                    prefix[index] = fate;
                    visit(prefix);
                }
            }
        }
        for (std::size_t i = 0; i < most; ++i) {
            Fates fates = all(Fate::lost);
            for (const std::size_t index : open_) {
                fates[index] = possible_[index][random() % possible_[index].size()];
            }
            visit(fates);
        }
    }

    // Nothing where no filesystem can leave that: a name changes in the order of the calls, and a
    // directory is not removed before what was in it. A change that would have to come before is
    // lost with the one that is lost.
    [[nodiscard]] std::optional<CrashState> state(Fates fates) const {
        CrashState state{.disk = recording_.start};
        std::set<std::pair<InodeId, std::string>> lost_names;
        std::set<InodeId> with_lost_names;
        for (std::size_t index = 0; index < fates.size(); ++index) {
            const Change& change = cut_.changes[index];
            Fate& fate = fates[index];
            if (const auto* names = std::get_if<Names>(&change.what)) {
                if (fate != Fate::lost &&
                    !is_possible(*names, state.disk, lost_names, with_lost_names)) {
                    if (possible_[index].front() != Fate::lost) {
                        return std::nullopt;
                    }
                    fate = Fate::lost;
                }
                if (fate == Fate::lost) {
                    for (const NameChange& one : names->all) {
                        lost_names.emplace(one.directory, one.name);
                        with_lost_names.insert(one.directory);
                    }
                }
                state.has_half = state.has_half || fate == Fate::half;
            }
            carry_out(change, fate, state.disk.inodes);
        }
        state.story = story(fates);
        return state;
    }

private:
    [[nodiscard]] Fates all(Fate fate) const {
        Fates fates(possible_.size(), Fate::kept);
        for (const std::size_t index : open_) {
            const Fates& possible = possible_[index];
            const bool can_be = std::find(possible.begin(), possible.end(), fate) != possible.end();
            fates[index] = can_be ? fate : Fate::kept;
        }
        return fates;
    }

    static bool is_possible(const Names& names, const Disk& disk,
                            const std::set<std::pair<InodeId, std::string>>& lost_names,
                            const std::set<InodeId>& with_lost_names) {
        for (const NameChange& one : names.all) {
            if (lost_names.contains({one.directory, one.name})) {
                return false;
            }
            const auto& entries = disk.inodes[one.directory].entries;
            const auto gone = entries.find(one.name);
            if (!one.inode && names.all.size() == 1 && gone != entries.end() &&
                with_lost_names.contains(gone->second)) {
                return false;
            }
        }
        return true;
    }

    [[nodiscard]] std::string story(const Fates& fates) const {
        std::string text = fmt::format("power cut before: {}\n", cut_.before);
        for (const std::size_t index : open_) {
            text += fmt::format("  {}: {}\n", word_of(fates[index]), cut_.changes[index].call);
        }
        for (const Root& root : recording_.start.roots) {
            boost::replace_all(text, root.path.string(), "~");
        }
        return text;
    }

    const Recording& recording_;
    const Cut& cut_;
    std::vector<Fates> possible_;    // of each change
    std::vector<std::size_t> open_;  // the changes that have more than one fate
};

}  // namespace

Survey& Survey::operator+=(const Survey& more) {
    cuts += more.cuts;
    whole += more.whole;
    states += more.states;
    tried += more.tried;
    return *this;
}

std::string Survey::text() const {
    return fmt::format(
        "{} cuts ({} of them whole), {} states, {} tried", cuts, whole, states, tried);
}

Survey for_each_crash_state(const Recording& recording, const Effort& effort,
                            const std::function<void(const CrashState&)>& visit) {
    Survey survey;
    std::mt19937_64 random(effort.seed);
    std::set<std::uint64_t> known;
    for (const Cut& cut : recording.cuts) {
        const CutStates states(recording, cut);
        const auto try_one = [&](const Fates& fates) {
            const std::optional<CrashState> state = states.state(fates);
            if (!state || !known.insert(state->disk.fingerprint()).second) {
                return;
            }
            if (survey.states++ % effort.every == 0) {
                survey.tried += 1;
                visit(*state);
            }
        };
        survey.cuts += 1;
        if (states.count(effort.most) <= effort.most) {
            survey.whole += 1;
            states.visit_all(try_one);
        } else {
            states.visit_some(effort.most, random, try_one);
        }
    }
    return survey;
}

}  // namespace rehome::power
