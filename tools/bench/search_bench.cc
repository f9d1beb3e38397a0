// Search over the store of a team of ten years, as a person asks: whole answers, snippets and all.
#include <algorithm>
#include <ctime>
#include <filesystem>
#include <map>

#include "store/search.h"
#include "tools/bench/benches.h"
#include "tools/bench/folder.h"
#include "tools/bench/search_store.h"
#include "work/answer.h"

namespace holm::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kQuestions = 100;  // of each kind

double at_share(std::vector<double>& sorted, double share) {
  const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
  return sorted[at];
}

/// Questions by kind, as people put them.
class Questions {
 public:
  Questions(const SearchStore& store, std::uint64_t seed) : store_(store), rng_(seed) {}

  work::Search make(std::string_view kind) {
    work::Search out;
    const auto common = [&] { return word(0, 200); };
    const auto usual = [&] { return word(200, 8000); };
    const auto rare = [&] { return word(8000, 50'000); };
    if (kind == "common word") out.query = common();
    if (kind == "word") out.query = usual();
    if (kind == "rare word") out.query = rare();
    if (kind == "two words") out.query = common() + " " + usual();
    if (kind == "three words") out.query = common() + " " + common() + " " + usual();
    if (kind == "phrase") out.query = "\"" + store_.phrase(rng_) + "\"";
    if (kind == "phrase, unlikely") out.query = "\"" + word(20, 400) + " " + word(20, 400) + "\"";
    if (kind == "or, without") out.query = usual() + " OR " + common() + " -" + common();
    if (kind == "mistyped") out.query = mistyped(usual());
    if (kind == "in a room") out.query = common() + " in:\"Room " + room() + "\"";
    if (kind == "by, of a kind") out.query = common() + " kind:document by:member" + room();
    if (kind == "between dates") out.query = usual() + " after:2023-02-11 before:2025-07-20";
    if (kind == "filters alone") out.query = "kind:document in:\"Room " + room() + "\"";
    if (kind.starts_with("typing")) {
      const auto letters = static_cast<std::size_t>(kind.back() - '0');
      auto last = usual();
      last.resize(std::min(last.size(), letters));
      out.query = kind.starts_with("typing a second") ? common() + " " + last : last;
      out.typing = true;
    }
    return out;
  }

 private:
  std::string word(std::size_t from, std::size_t to) {
    return store_.word(from + rng_.below(std::min(to, store_.word_count()) - from));
  }
  std::string room() { return std::to_string(rng_.below(25)); }
  std::string mistyped(std::string word) {
    while (word.size() < 5) word += 'a';
    std::swap(word[2], word[3]);
    return word;
  }

  const SearchStore& store_;
  SeededRng rng_;
};

constexpr std::string_view kKinds[] = {"common word",      "word",          "rare word",
                                       "two words",        "three words",   "phrase",
                                       "phrase, unlikely", "or, without",   "mistyped",
                                       "in a room",        "by, of a kind", "between dates",
                                       "filters alone",    "typing 2",      "typing 3",
                                       "typing 4",         "typing 5",      "typing a second 3"};

Status ask(SearchStore& store, std::uint64_t seed, const Report& report) {
  Questions questions(store, seed);
  std::vector<double> all;
  std::vector<double> all_processor;
  const work::Asking asking{.now = WallTime(Millis(1'925'000'000'000)), .zone = "UTC"};
  (void)TRY(work::answer(store.state(), asking, questions.make("mistyped")));  // reads the words
  for (const auto kind : kKinds) {
    std::vector<double> times;
    std::vector<double> processor;
    std::size_t hits = 0;
    std::size_t partial = 0;
    for (std::size_t i = 0; i < kQuestions; ++i) {
      const auto question = questions.make(kind);
      const auto used = processor_ms();
      const auto began = Clock::now();
      const auto answer = TRY(work::answer(store.state(), asking, question));
      times.push_back(ms_since(began));
      processor.push_back(processor_ms() - used);
      hits += answer["hits"].items().size();
      partial += answer["partial"].flag() ? 1 : 0;
    }
    all.insert(all.end(), times.begin(), times.end());
    all_processor.insert(all_processor.end(), processor.begin(), processor.end());
    std::sort(times.begin(), times.end());
    std::sort(processor.begin(), processor.end());
    report.add(Value::object()
                   .set("bench", "search")
                   .set("case", kind)
                   .set("p50_ms", at_share(times, 0.5))
                   .set("p99_ms", at_share(times, 0.99))
                   .set("max_ms", times.back())
                   .set("p50_cpu_ms", at_share(processor, 0.5))
                   .set("p99_cpu_ms", at_share(processor, 0.99))
                   .set("hits", static_cast<double>(hits) / kQuestions)
                   .set("partial", static_cast<double>(partial) / kQuestions));
  }
  std::sort(all.begin(), all.end());
  std::sort(all_processor.begin(), all_processor.end());
  report.add(Value::object()
                 .set("bench", "search")
                 .set("case", "all questions")
                 .set("p50_ms", at_share(all, 0.5))
                 .set("p99_ms", at_share(all, 0.99))
                 .set("max_ms", all.back())
                 .set("p50_cpu_ms", at_share(all_processor, 0.5))
                 .set("p99_cpu_ms", at_share(all_processor, 0.99)));
  return {};
}

/// Brings the index up to date; in ms.
Result<double> settle(SearchStore& store) {
  const auto began = Clock::now();
  TRY(store.store().begin());
  TRY(store.store().search().settle());
  TRY(store.store().commit());
  return ms_since(began);
}

/// What the index adds to bringing in documents and to typing into one.
Status compare(const std::string& folder, std::uint64_t seed, const Report& report) {
  constexpr std::size_t kDocuments = 10'000;
  for (const bool indexed : {false, true}) {
    auto store =
        TRY(SearchStore::open(folder + (indexed ? "/with.holm" : "/without.holm"), seed, indexed));
    const auto used = processor_ms();
    const auto began = Clock::now();
    TRY(store->add_documents(kDocuments, 500));
    const auto took = ms_since(began);
    const auto took_processor = processor_ms() - used;
    std::vector<double> letters;
    for (int i = 0; i < 300; ++i) {
      const auto pressed = Clock::now();
      TRY(store->type_letter());
      letters.push_back(ms_since(pressed));
    }
    const auto settled = TRY(settle(*store));
    std::sort(letters.begin(), letters.end());
    report.add(Value::object()
                   .set("bench", "search")
                   .set("case", indexed ? "10,000 documents, indexed" : "10,000 documents, plain")
                   .set("insert_ms", took)
                   .set("insert_cpu_ms", took_processor)
                   .set("letter_p50_ms", at_share(letters, 0.5))
                   .set("letter_p99_ms", at_share(letters, 0.99))
                   .set("settle_ms", settled)
                   .set("disk_bytes", store->store().bytes_on_disk()));
  }
  return {};
}

}  // namespace

Status bench_search(const Options& options, const Report& report) {
  const auto folder = TRY(Folder::make());
  TRY(compare(folder.path(), options.seed, report));
  const auto path = folder.path() + "/team.holm";
  auto store = TRY(SearchStore::open(path, options.seed, true));
  const auto used = processor_ms();
  auto began = Clock::now();
  TRY(store->fill({}));
  const auto settled = TRY(settle(*store));
  report.add(Value::object()
                 .set("bench", "search")
                 .set("case", "200,000 messages, 5,000 documents")
                 .set("fill_ms", ms_since(began))
                 .set("fill_cpu_ms", processor_ms() - used)
                 .set("settle_ms", settled)
                 .set("text_bytes", store->text_bytes())
                 .set("changes", store->changes())
                 .set("disk_bytes", store->store().bytes_on_disk())
                 .set("index_bytes", TRY(store->store().search().bytes()))
                 .set("rss_kb", rss_kb()));
  TRY(ask(*store, options.seed, report));
  began = Clock::now();
  const auto faults = TRY(store->store().search().check(1));
  if (!faults.empty()) return fail(Code::corrupt, faults.front());
  report.add(Value::object()
                 .set("bench", "search")
                 .set("case", "index held against the state")
                 .set("ms", ms_since(began)));
  return {};
}

}  // namespace holm::bench
