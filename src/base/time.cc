// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <fmt/format.h>

#include <array>

namespace kiln {
namespace {

constexpr std::array<std::string_view, 7> kDayNames{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonthNames{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Civil {
  std::int64_t year = 1970;
  int month = 1, day = 1, hour = 0, minute = 0, second = 0, ms = 0;
  int week_day = 0;  // 0 is Sunday
};

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a % b < 0) != (b < 0));
}

// Days since 1970-01-01 of a proleptic Gregorian date; years are counted from March.
std::int64_t days_from_civil(std::int64_t year, int month, int day) {
  if (month <= 2) --year;
  const std::int64_t era = floor_div(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

Civil to_civil(Timestamp time) {
  Civil c;
  const std::int64_t days = floor_div(time.ms, 86'400'000);
  std::int64_t rest = time.ms - days * 86'400'000;
  c.ms = static_cast<int>(rest % 1000);
  rest /= 1000;
  c.second = static_cast<int>(rest % 60);
  c.minute = static_cast<int>(rest / 60 % 60);
  c.hour = static_cast<int>(rest / 3600);
  c.week_day = static_cast<int>((days % 7 + 11) % 7);
  const std::int64_t z = days + 719468;
  const std::int64_t era = floor_div(z, 146097);
  const std::int64_t doe = z - era * 146097;
  const std::int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::int64_t mp = (5 * doy + 2) / 153;
  c.day = static_cast<int>(doy - (153 * mp + 2) / 5 + 1);
  c.month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  c.year = yoe + era * 400 + (c.month <= 2 ? 1 : 0);
  return c;
}

int days_in_month(std::int64_t year, int month) {
  constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

// Error: kInvalidArgument when a field is out of range. A leap second counts as the next second.
Result<Timestamp> from_civil(const Civil& c, std::int64_t zone_minutes = 0) {
  if (c.month < 1 || c.month > 12 || c.day < 1 || c.day > days_in_month(c.year, c.month) ||
      c.hour > 23 || c.minute > 59 || c.second > 60)
    return fail(ErrorCode::kInvalidArgument, "date or time out of range");
  const std::int64_t seconds = days_from_civil(c.year, c.month, c.day) * 86'400 + c.hour * 3600 +
                               c.minute * 60 + c.second - zone_minutes * 60;
  return Timestamp{seconds * 1000 + c.ms};
}

// Reads a date from the front of a text; the first thing that does not fit clears `ok`.
struct Scanner {
  std::string_view rest;
  bool ok = true;

  int digits(std::size_t count) {
    int value = 0;
    if (rest.size() < count) ok = false;
    for (std::size_t i = 0; ok && i < count; ++i) {
      if (rest[i] < '0' || rest[i] > '9') {
        ok = false;
      } else {
        value = value * 10 + (rest[i] - '0');
      }
    }
    if (ok) rest.remove_prefix(count);
    return value;
  }
  void literal(std::string_view text) {
    if (!accept(text)) ok = false;
  }
  bool accept(std::string_view text) {
    if (!ok || !rest.starts_with(text)) return false;
    rest.remove_prefix(text.size());
    return true;
  }
  // ".123456": milliseconds, further digits are cut. 0 when there is no fraction.
  int fraction_ms() {
    if (!accept(".")) return 0;
    int value = 0;
    int scale = 100;
    std::size_t count = 0;
    for (; count < rest.size() && rest[count] >= '0' && rest[count] <= '9'; ++count) {
      value += (rest[count] - '0') * scale;
      scale /= 10;
    }
    if (count == 0) ok = false;
    rest.remove_prefix(count);
    return value;
  }
};

std::unexpected<Error> bad_time(std::string_view text) {
  return fail(ErrorCode::kInvalidArgument, fmt::format("not a time: {}", text.substr(0, 64)));
}

}  // namespace

std::string format_iso8601(Timestamp time, bool always_ms) {
  const Civil c = to_civil(time);
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", c.year, c.month, c.day,
                                 c.hour, c.minute, c.second);
  if (always_ms || c.ms != 0) text += fmt::format(".{:03}", c.ms);
  return text += 'Z';
}

std::string format_http_date(Timestamp time) {
  const Civil c = to_civil(time);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDayNames[c.week_day], c.day,
                     kMonthNames[c.month - 1], c.year, c.hour, c.minute, c.second);
}

std::string format_lambda_time(Timestamp time) {
  const Civil c = to_civil(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}+0000", c.year, c.month, c.day,
                     c.hour, c.minute, c.second, c.ms);
}

std::string format_amz_date(Timestamp time) {
  const Civil c = to_civil(time);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", c.year, c.month, c.day, c.hour, c.minute,
                     c.second);
}

Result<Timestamp> parse_iso8601(std::string_view text) {
  Scanner s{text};
  Civil c;
  c.year = s.digits(4);
  s.literal("-");
  c.month = s.digits(2);
  s.literal("-");
  c.day = s.digits(2);
  if (s.ok && s.rest.empty()) return from_civil(c);
  if (!s.accept("T") && !s.accept("t")) s.literal(" ");
  c.hour = s.digits(2);
  s.literal(":");
  c.minute = s.digits(2);
  if (s.accept(":")) {
    c.second = s.digits(2);
    c.ms = s.fraction_ms();
  }
  std::int64_t zone = 0;
  if (s.ok && !s.rest.empty() && !s.accept("Z") && !s.accept("z")) {
    const int sign = s.accept("-") ? -1 : 1;
    if (sign > 0) s.literal("+");
    const int hours = s.digits(2);
    s.accept(":");
    const int minutes = s.rest.empty() ? 0 : s.digits(2);
    if (hours > 23 || minutes > 59) s.ok = false;
    zone = sign * (hours * 60 + minutes);
  }
  if (!s.ok || !s.rest.empty()) return bad_time(text);
  return from_civil(c, zone);
}

Result<Timestamp> parse_http_date(std::string_view text) {
  Scanner s{text};
  Civil c;
  bool named_day = false;
  for (std::string_view name : kDayNames) named_day = named_day || s.accept(name);
  if (!named_day) return bad_time(text);
  s.literal(", ");
  c.day = s.digits(2);
  s.literal(" ");
  c.month = 0;
  for (int i = 0; i < 12 && c.month == 0; ++i) {
    if (s.accept(kMonthNames[i])) c.month = i + 1;
  }
  s.literal(" ");
  c.year = s.digits(4);
  s.literal(" ");
  c.hour = s.digits(2);
  s.literal(":");
  c.minute = s.digits(2);
  s.literal(":");
  c.second = s.digits(2);
  c.ms = s.fraction_ms();
  s.literal(" GMT");
  if (!s.ok || !s.rest.empty()) return bad_time(text);
  return from_civil(c);
}

Result<Timestamp> parse_amz_date(std::string_view text) {
  Scanner s{text};
  Civil c;
  c.year = s.digits(4);
  c.month = s.digits(2);
  c.day = s.digits(2);
  s.literal("T");
  c.hour = s.digits(2);
  c.minute = s.digits(2);
  c.second = s.digits(2);
  s.literal("Z");
  if (!s.ok || !s.rest.empty()) return bad_time(text);
  return from_civil(c);
}

}  // namespace kiln
