#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/evaluate.h"
#include "harness.h"
#include "sweep/protocol/frames_internal.h"
#include "sweep/protocol/messages_internal.h"

/* A result with two rows, choices, texts and a failure. */
static bs_unit_result make_result(void) {
  bs_error err = {0};
  size_t n_metrics;
  const char *const *names = bs_example_metric_names(&n_metrics);
  bs_unit_result result = {
      .unit = {.model = 1, .task = 2, .shots = 3, .first = 10, .n = 5, .cost = 0.1},
      .seconds = 1.25,
      .tokens_asked = 99,
      .tokens_computed = 98};
  BS_TEST_OK(bs_tables_new(&result.rows, names, n_metrics, &err), err);
  double *values = calloc(n_metrics, sizeof *values);
  values[0] = 0.1;
  bs_choice_row choices[] = {{.choice = 0, .tokens = 3, .logprob = -1.5, .target_score = 1},
                             {.choice = 1, .tokens = 4, .logprob = -0.1, .target_score = 0}};
  bs_example_row row = {.model = 1,
                        .task = 2,
                        .shots = 3,
                        .example = 11,
                        .target_logprob = -1.5,
                        .prompt_tokens = 7,
                        .prediction = "b\xC3\xA9",
                        .generated = "",
                        .n_choices = 2,
                        .n_samples = 2};
  bs_sample_row samples[] = {
      {.sample = 0, .reasoning = "since \xE4\xBD\xA0", .generated = "", .answer = "b\xC3\xA9"},
      {.sample = 1, .reasoning = "", .generated = "so b", .answer = "b"}};
  BS_TEST_OK(bs_tables_add_example(result.rows, &row, choices, samples, values, &err), err);
  row = (bs_example_row){.model = 1,
                         .task = 2,
                         .shots = 3,
                         .example = 12,
                         .target_logprob = NAN,
                         .prediction = "",
                         .generated = "text\n",
                         .truncated_tokens = 5,
                         .border = 3,
                         .shots_shown = 2};
  BS_TEST_OK(bs_tables_add_example(result.rows, &row, NULL, NULL, values, &err), err);
  free(values);
  bs_skipped_row skipped = {
      .model = 1, .task = 2, .shots = 3, .example = 14, .prompt_tokens = 9000};
  BS_TEST_OK(bs_tables_add_skipped(result.rows, &skipped, &err), err);
  result.failures = calloc(1, sizeof *result.failures);
  result.failures[0] = (bs_unit_failure){.example = 13, .message = strdup("too long")};
  result.n_failures = 1;
  return result;
}

/* Out of range are a unit of no examples or of more than can be counted, a cost that is no number,
   a limit that never ends or is over at once, and settings that this version does not have. */
static void numbers_out_of_range_are_refused(void) {
  bs_error err = {0};
  bs_text message = {0};
  const bs_assignment bad[] = {
      {.unit = {.first = 3, .n = 0}, .limit_seconds = 1},
      {.unit = {.first = 3, .n = UINT32_MAX - 2}, .limit_seconds = 1},
      {.unit = {.n = 1, .cost = NAN}, .limit_seconds = 1},
      {.unit = {.n = 1, .cost = -1}, .limit_seconds = 1},
      {.unit = {.n = 1}, .limit_seconds = NAN},
      {.unit = {.n = 1}, .limit_seconds = 0},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    bs_assignment back;
    BS_TEST_OK(bs_encode_unit(&message, &bad[i], &err), err);
    BS_TEST_FAILS(bs_decode_unit(&message, &back, &err), BS_ERR_PROTOCOL, err, "out of range");
  }
  bs_setup settings[] = {
      {.isa = "", .protocol = {.border = (bs_border)(BS_BORDER_SEPARATE + 1)}},
      {.isa = "", .protocol = {.precision = (bs_precision)(BS_PRECISION_BF16 + 1)}},
      {.isa = "", .protocol = {.reading = (bs_reading)(BS_READING_5_0 + 1)}},
      {.isa = "", .threads = -1},
  };
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
    bs_setup back;
    BS_TEST_OK(bs_encode_setup(&message, &settings[i], &err), err);
    BS_TEST_FAILS(bs_decode_setup(&message, &back, &err), BS_ERR_PROTOCOL, err, "out of range");
  }
  bs_text_free(&message);
}

static void a_result_survives(void) {
  bs_error err = {0};
  bs_text message = {0}, again = {0};
  bs_unit_result result = make_result(), back = {0};
  BS_TEST_OK(bs_encode_result(&message, &result, &err), err);
  BS_TEST_OK(bs_decode_result(&message, &back, &err), err);
  CU_ASSERT_EQUAL(back.unit.first, 10);
  CU_ASSERT_EQUAL(back.unit.cost, 0.1);
  CU_ASSERT_EQUAL(back.tokens_asked, 99);
  CU_ASSERT_EQUAL(back.tokens_computed, 98);
  CU_ASSERT_EQUAL_FATAL(back.rows->n_examples, 2);
  CU_ASSERT_STRING_EQUAL(back.rows->examples[0].prediction, "b\xC3\xA9");
  CU_ASSERT_EQUAL(back.rows->choices[back.rows->examples[0].first_choice + 1].logprob, -0.1);
  CU_ASSERT_EQUAL_FATAL(back.rows->n_samples, 2);
  CU_ASSERT_STRING_EQUAL(back.rows->samples[0].reasoning, "since \xE4\xBD\xA0");
  CU_ASSERT_EQUAL(back.rows->samples[1].sample, 1);
  CU_ASSERT_STRING_EQUAL(back.rows->samples[1].generated, "so b");
  CU_ASSERT_STRING_EQUAL(back.rows->samples[1].answer, "b");
  CU_ASSERT_TRUE(isnan(back.rows->examples[1].target_logprob));
  CU_ASSERT_EQUAL(back.rows->examples[1].border, 3);
  CU_ASSERT_EQUAL(back.rows->examples[1].shots_shown, 2);
  CU_ASSERT_EQUAL_FATAL(back.rows->n_skipped, 1);
  CU_ASSERT_EQUAL(back.rows->skipped[0].example, 14);
  CU_ASSERT_EQUAL(back.rows->skipped[0].prompt_tokens, 9000);
  CU_ASSERT_STRING_EQUAL(back.failures[0].message, "too long");
  BS_TEST_OK(bs_encode_result(&again, &back, &err), err);
  CU_ASSERT_EQUAL_FATAL(again.n_bytes, message.n_bytes);
  CU_ASSERT_EQUAL(memcmp(again.data, message.data, again.n_bytes), 0);
  bs_unit_result_free(&result);
  bs_unit_result_free(&back);
  bs_text_free(&message);
  bs_text_free(&again);
}

static void a_cut_result_is_refused(void) {
  bs_error err = {0};
  bs_text message = {0};
  bs_unit_result result = make_result(), back = {0};
  BS_TEST_OK(bs_encode_result(&message, &result, &err), err);
  size_t whole = message.n_bytes;
  for (message.n_bytes = 0; message.n_bytes < whole; message.n_bytes++) {
    bs_error_clear(&err);
    CU_ASSERT_EQUAL(bs_decode_result(&message, &back, &err), BS_ERR_PROTOCOL);
    CU_ASSERT_PTR_NULL(back.rows);
  }
  bs_unit_result_free(&result);
  bs_text_free(&message);
}

static void flipped_bits_never_crash(void) {
  bs_text message = {0};
  bs_unit_result result = make_result();
  bs_error err = {0};
  BS_TEST_OK(bs_encode_result(&message, &result, &err), err);
  for (size_t bit = 0; bit < 8 * message.n_bytes; bit++) {
    bs_unit_result back = {0};
    message.data[bit / 8] ^= (char)(1 << bit % 8);
    bs_error_clear(&err);
    bs_decode_result(&message, &back, &err); /* refused or not: no sanitizer may complain */
    bs_unit_result_free(&back);
    message.data[bit / 8] ^= (char)(1 << bit % 8);
  }
  bs_unit_result_free(&result);
  bs_text_free(&message);
}

static void setup_survives_and_is_checked(void) {
  bs_error err = {0};
  bs_text message = {0};
  const char *models[] = {"a", "b/c"}, *prints[] = {"", "0f  config.json\n"},
             *wraps[] = {"", "llama3"}, *tasks[] = {"t"}, *hashes[] = {"h"};
  bs_setup setup = {.protocol = {.seed = 42,
                                 .max_tokens = 7,
                                 .precision = BS_PRECISION_BF16,
                                 .reading = BS_READING_5_0},
                    .threads = 3,
                    .isa = "portable",
                    .model_paths = models,
                    .model_prints = prints,
                    .model_wraps = wraps,
                    .n_models = 2,
                    .task_specs = tasks,
                    .task_hashes = hashes,
                    .n_tasks = 1};
  bs_setup back;
  BS_TEST_OK(bs_encode_setup(&message, &setup, &err), err);
  BS_TEST_OK(bs_decode_setup(&message, &back, &err), err);
  CU_ASSERT_EQUAL(back.protocol.precision, BS_PRECISION_BF16);
  CU_ASSERT_EQUAL(back.protocol.reading, BS_READING_5_0);
  CU_ASSERT_STRING_EQUAL(back.model_paths[1], "b/c");
  CU_ASSERT_STRING_EQUAL(back.model_prints[1], "0f  config.json\n");
  CU_ASSERT_STRING_EQUAL(back.model_wraps[1], "llama3");
  CU_ASSERT_STRING_EQUAL(back.task_hashes[0], "h");
  bs_setup_free(&back);
  size_t whole = message.n_bytes;
  for (message.n_bytes = 0; message.n_bytes < whole; message.n_bytes++) {
    bs_error_clear(&err);
    CU_ASSERT_EQUAL(bs_decode_setup(&message, &back, &err), BS_ERR_PROTOCOL);
  }
  bs_text_free(&message);
}

static void kinds_are_told_apart(void) {
  bs_error err = {0};
  bs_text message = {0};
  bs_assignment unit = {0};
  bs_hello hello;
  BS_TEST_OK(bs_encode_hello(&message,
                             &(bs_hello){.host = "n1",
                                         .isas = "avx2,portable",
                                         .n_threads = 3,
                                         .n_cores = 4,
                                         .n_node_cores = 5,
                                         .memory_bytes = UINT64_C(1) << 40},
                             &err),
             err);
  BS_TEST_OK(bs_decode_hello(&message, &hello, &err), err);
  CU_ASSERT_STRING_EQUAL(hello.isas, "avx2,portable");
  CU_ASSERT_TRUE(hello.n_threads == 3 && hello.n_cores == 4 && hello.n_node_cores == 5);
  CU_ASSERT_EQUAL(hello.memory_bytes, UINT64_C(1) << 40);
  BS_TEST_FAILS(bs_decode_unit(&message, &unit, &err), BS_ERR_PROTOCOL, err,
                "expected a message \"unit\", found \"hello\"");
  message.data[0] = 'x';
  BS_TEST_FAILS(bs_decode_hello(&message, &hello, &err), BS_ERR_PROTOCOL, err,
                "not one of this version");
  bs_text_free(&message);
}

static void short_messages_survive_and_are_checked(void) {
  bs_error err = {0};
  bs_text message = {0};
  bs_unit unit = {.model = 1, .task = 2, .shots = 3, .first = 4, .n = 5, .cost = 0.5};
  bs_assignment work = {.unit = unit, .limit_seconds = 7.5}, work_back;
  bs_attempt attempt = {.unit = unit, .tried = true, .fault = BS_FAULT_OF_TASK, .reason = "killed"},
             attempt_back;
  bool all_here = false;
  BS_TEST_OK(bs_encode_unit(&message, &work, &err), err);
  BS_TEST_OK(bs_decode_unit(&message, &work_back, &err), err);
  CU_ASSERT_EQUAL(work_back.unit.n, 5);
  CU_ASSERT_EQUAL(work_back.limit_seconds, 7.5);
  BS_TEST_OK(bs_encode_end(&message, true, &err), err);
  BS_TEST_OK(bs_decode_end(&message, &all_here, &err), err);
  CU_ASSERT_TRUE(all_here);
  BS_TEST_OK(bs_encode_failed(&message, &attempt, &err), err);
  BS_TEST_OK(bs_decode_failed(&message, &attempt_back, &err), err);
  CU_ASSERT_TRUE(attempt_back.tried);
  CU_ASSERT_EQUAL(attempt_back.unit.first, 4);
  CU_ASSERT_STRING_EQUAL(attempt_back.reason, "killed");
  CU_ASSERT_EQUAL(attempt_back.fault, BS_FAULT_OF_TASK);
  size_t whole = message.n_bytes;
  for (message.n_bytes = 0; message.n_bytes < whole; message.n_bytes++) {
    bs_error_clear(&err);
    CU_ASSERT_EQUAL(bs_decode_failed(&message, &attempt_back, &err), BS_ERR_PROTOCOL);
  }
  for (bs_message_kind kind = BS_MESSAGE_HELLO; kind <= BS_MESSAGE_END; kind++) {
    bs_message_kind found;
    BS_TEST_OK(bs_encode_plain(&message, kind, &err), err);
    BS_TEST_OK(bs_message_kind_of(&message, &found, &err), err);
    CU_ASSERT_EQUAL(found, kind);
  }
  bs_text_free(&message);
}

/* A stream that arrives in pieces of every size gives the messages that were put into it. */
static void frames_come_in_any_pieces(void) {
  bs_error err = {0};
  bs_text whole = {0}, stream = {0}, message = {0};
  static const char *const words[] = {"one", "", "three\n", "four four four four"};
  enum { N_WORDS = sizeof words / sizeof *words };
  for (size_t i = 0; i < N_WORDS; i++) {
    message.n_bytes = 0;
    BS_TEST_OK(bs_text_append_string(&message, words[i], &err), err);
    BS_TEST_OK(bs_frame_append(&whole, &message, &err), err);
  }
  for (size_t step = 1; step <= whole.n_bytes; step++) {
    size_t n_found = 0;
    stream.n_bytes = 0;
    for (size_t at = 0; at < whole.n_bytes; at += step) {
      size_t n = whole.n_bytes - at < step ? whole.n_bytes - at : step;
      BS_TEST_OK(bs_text_append(&stream, whole.data + at, n, &err), err);
      for (bool found = true; found;) {
        BS_TEST_OK(bs_frame_take(&stream, &message, &found, &err), err);
        if (found)
          CU_ASSERT_STRING_EQUAL(message.data, words[n_found++]);
      }
    }
    CU_ASSERT_EQUAL(n_found, N_WORDS);
    CU_ASSERT_EQUAL(stream.n_bytes, 0);
  }
  bool found;
  for (size_t i = 0; i < BS_FRAME_HEAD_BYTES; i++) { /* a lie in the head */
    stream.n_bytes = 0;
    BS_TEST_OK(bs_text_append(&stream, whole.data, whole.n_bytes, &err), err);
    stream.data[i] = (char)0xFF;
    bs_error_clear(&err);
    bs_status status = bs_frame_take(&stream, &message, &found, &err);
    CU_ASSERT_TRUE(status == BS_ERR_PROTOCOL || !found || message.n_bytes <= whole.n_bytes);
    if (i < 4 || i >= 8)
      CU_ASSERT_EQUAL(status, BS_ERR_PROTOCOL);
  }
  bs_text_free(&whole);
  bs_text_free(&stream);
  bs_text_free(&message);
}

int main(void) {
  static const bs_test tests[] = {
      {"a result survives the way", a_result_survives},
      {"a cut result is refused", a_cut_result_is_refused},
      {"flipped bits never crash", flipped_bits_never_crash},
      {"numbers out of range are refused", numbers_out_of_range_are_refused},
      {"a setup survives and is checked", setup_survives_and_is_checked},
      {"kinds are told apart", kinds_are_told_apart},
      {"short messages survive and are checked", short_messages_survive_and_are_checked},
      {"frames come in any pieces", frames_come_in_any_pieces},
  };
  return bs_test_main("messages", tests, sizeof tests / sizeof *tests);
}
