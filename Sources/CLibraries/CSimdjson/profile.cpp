#include <limits>
#include <string>
#include <unordered_map>

#include "records.hpp"

using namespace alphalake;

namespace {

constexpr size_t field_limit = 16384;
// No number, date or time that we would read is longer.
constexpr size_t staged_text_limit = 64;
constexpr uint64_t exact_in_double = uint64_t{1} << 53;

struct Slot {
    std::string name;
    int64_t record = 0, records = 0;
    int64_t minimum = std::numeric_limits<int64_t>::max();
    uint64_t maximum = 0;
    csj_evidence first[CSJ_SEEN_KINDS] = {};
    bool staging = true;
    std::vector<uint8_t> staged;
    std::vector<int64_t> staged_offsets{0}, staged_lines;
    std::unique_ptr<Slot> elements;

    void saw(int kind, int64_t line, std::string_view text) {
        csj_evidence &evidence = first[kind];
        if (evidence.line) return;
        evidence.line = line;
        evidence.text_length = std::min(text.size(), sizeof evidence.text);
        std::memcpy(evidence.text, text.data(), evidence.text_length);
    }

    void saw_string(int64_t line, std::string_view content) {
        saw(CSJ_HAS_STRING, line, content);
        if (content.empty()) return saw(CSJ_HAS_EMPTY, line, content);
        if (!staging) return;
        char start = content.front();
        bool may_spell = content.size() <= staged_text_limit && std::strchr("0123456789+-.tTfFnNiI", start) && start;
        if (!may_spell) {
            saw(CSJ_HAS_TEXT, line, content);
            staging = false;
            return;
        }
        staged.insert(staged.end(), content.begin(), content.end());
        staged_offsets.push_back(static_cast<int64_t>(staged.size()));
        staged_lines.push_back(line);
    }

    void saw_number(int64_t line, std::string_view token, const Number &number) {
        double value;
        switch (number.kind) {
        case Number::negative_zero: return saw(CSJ_HAS_NEGATIVE_ZERO, line, token);
        case Number::huge: return saw(CSJ_HAS_HUGE_INTEGER, line, token);
        case Number::real:
            if (first[CSJ_HAS_REAL].line && token.size() < 200 && token.find_first_of("eE") == token.npos) return;
            if (csj_parse_double(reinterpret_cast<const uint8_t *>(token.data()), token.size(), &value))
                return saw(CSJ_HAS_REAL, line, token);
            return saw(CSJ_HAS_OVERFLOW, line, token);
        default: break;
        }
        saw(CSJ_HAS_INTEGER, line, token);
        if (number.magnitude > exact_in_double) saw(CSJ_HAS_LARGE_INTEGER, line, token);
        if (number.negative) minimum = std::min(minimum, number.bits());
        else {
            maximum = std::max(maximum, number.magnitude);
            if (number.magnitude <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
                minimum = std::min(minimum, number.bits());
        }
    }

    void forget_staged() {
        staged.clear();
        staged_lines.clear();
        staged_offsets.resize(1);
        if (elements) elements->forget_staged();
    }
};

}  // namespace

struct csj_profile {
    Records records;
    std::vector<std::unique_ptr<Slot>> slots;
    std::unordered_map<std::string_view, size_t> places;
    int64_t record = 0, accepted = 0;
    std::vector<csj_refusal> refusals;
    std::vector<uint8_t> text, content;
    std::string_view culprit;

    explicit csj_profile(int32_t layout) : records(layout) {}

    bool take(Cursor &cursor, int32_t code, int64_t line) {
        culprit = {};
        // A record is checked as a whole first, so that a bad one leaves nothing in the profile.
        record++;
        Cursor check = cursor;
        if (!code) {
            code = take_value(check, culprit);
            if (!code && cursor.peek() != '{') code = CSJ_NOT_AN_OBJECT;
            if (!code && !check.done()) code = CSJ_TRAILING, culprit = check.take();
        }
        if (!code) code = object(cursor, line);
        if (!code) return accepted++, true;
        size_t size = std::min<size_t>(culprit.size(), 80);
        refusals.push_back({line, code, text.size(), size});
        text.insert(text.end(), culprit.begin(), culprit.begin() + static_cast<ptrdiff_t>(size));
        return false;
    }

    int32_t object(Cursor &cursor, int64_t line) {
        size_t expected = 0;
        return each_member(cursor, [&](std::string_view key, Cursor &at) -> int32_t {
            std::string_view name = key.substr(1, key.size() - 2);
            if (has_backslash(key)) {
                content.clear();
                if (int32_t code = append_string(key, content)) return code;
                name = {reinterpret_cast<const char *>(content.data()), content.size()};
            }
            if (expected >= slots.size() || slots[expected]->name != name) {
                auto found = places.find(name);
                if (found != places.end()) {
                    expected = found->second;
                } else {
                    if (slots.size() >= field_limit) return culprit = name, CSJ_TOO_MANY_FIELDS;
                    expected = slots.size();
                    slots.push_back(std::make_unique<Slot>());
                    slots.back()->name = name;
                    places.emplace(slots.back()->name, expected);
                }
            }
            Slot &slot = *slots[expected++];
            if (slot.record == record) return culprit = slot.name, CSJ_DUPLICATE_KEY;
            slot.record = record;
            slot.records++;
            return value(slot, at, line, false);
        });
    }

    int32_t value(Slot &slot, Cursor &cursor, int64_t line, bool inside) {
        uint8_t first = cursor.peek();
        std::string_view token;
        if (first == '{' || (first == '[' && inside)) {
            if (int32_t code = take_value(cursor, token)) return code;
            return slot.saw(CSJ_HAS_NESTED, line, token), CSJ_OK;
        }
        if (first == '[') {
            slot.saw(CSJ_HAS_LIST, line, "[...]");
            if (!slot.elements) slot.elements = std::make_unique<Slot>();
            return each_element(cursor, [&](Cursor &at) {
                uint8_t mark = at.peek();
                if (mark == '{' || mark == '[') slot.saw(CSJ_HAS_NESTED, line, "[...]");
                return value(*slot.elements, at, line, true);
            });
        }
        token = cursor.take();
        switch (first) {
        case '"': {
            std::string_view plain = token.substr(1, token.size() - 2);
            if (has_backslash(token)) {
                content.clear();
                if (int32_t code = append_string(token, content)) return culprit = token, code;
                plain = {reinterpret_cast<const char *>(content.data()), content.size()};
            }
            slot.saw_string(line, plain);
            break;
        }
        case 't': case 'f': slot.saw(CSJ_HAS_BOOL, line, token); break;
        case 'n': slot.saw(CSJ_HAS_NULL, line, token); break;
        default: slot.saw_number(line, token, scan_number(token));
        }
        return CSJ_OK;
    }
};

csj_profile *csj_profile_new(int32_t layout) {
    try {
        return new csj_profile(layout);
    } catch (...) {
        return nullptr;
    }
}

void csj_profile_free(csj_profile *profile) { delete profile; }

size_t csj_profile_parse(csj_profile *profile, const uint8_t *bytes, size_t length, bool last) {
    try {
        return profile->records.each(bytes, length, last, [&](Cursor &cursor, int32_t code, int64_t line) {
            return profile->take(cursor, code, line) || profile->refusals.size() < 4096;
        });
    } catch (...) {
        profile->refusals.push_back({profile->records.line, CSJ_OUT_OF_MEMORY, 0, 0});
        return length;
    }
}

int64_t csj_profile_records(const csj_profile *profile) { return profile->accepted; }

const csj_refusal *csj_profile_refusals(const csj_profile *profile, size_t *count) {
    *count = profile->refusals.size();
    return profile->refusals.data();
}

const uint8_t *csj_profile_text(const csj_profile *profile, size_t *length) {
    *length = profile->text.size();
    return profile->text.data();
}

size_t csj_profile_count(const csj_profile *profile) { return profile->slots.size(); }

void csj_profile_field(const csj_profile *profile, size_t field, bool elements, csj_field_profile *view) {
    *view = {};
    const Slot *slot = profile->slots[field].get();
    if (elements) slot = slot->elements.get();
    if (!slot) return;
    view->name = reinterpret_cast<const uint8_t *>(slot->name.data());
    view->name_length = slot->name.size();
    view->records = slot->records;
    view->minimum = slot->minimum;
    view->maximum = slot->maximum;
    std::copy(std::begin(slot->first), std::end(slot->first), std::begin(view->first));
    view->staged_count = slot->staged_lines.size();
    view->staged_bytes = slot->staged.data();
    view->staged_length = slot->staged.size();
    view->staged_offsets = slot->staged_offsets.data();
    view->staged_lines = slot->staged_lines.data();
}

void csj_profile_stop_staging(csj_profile *profile, size_t field, bool elements) {
    Slot *slot = profile->slots[field].get();
    if (elements) slot = slot->elements.get();
    if (!slot) return;
    slot->staging = false;
    slot->forget_staged();
}

void csj_profile_clear(csj_profile *profile) {
    for (auto &slot : profile->slots) slot->forget_staged();
    profile->refusals.clear();
    profile->text.clear();
}
