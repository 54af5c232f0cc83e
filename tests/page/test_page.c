/* The page of a table of scores: its sections, and names that mean no good. */
#include <stdio.h>
#include <string.h>

#include "analyses.h"
#include "bigsweep/page.h"
#include "harness.h"

static const char TABLE[] = "family,model,scale,task,metric,shots,value,stderr,n,preferred_metric\n"
                            "f,a,1000,set_jump,acc,0,0.01,0.001,900,acc\n"
                            "f,b,10000,set_jump,acc,0,0.011,0.001,900,acc\n"
                            "f,c,100000,set_jump,acc,0,0.012,0.001,900,acc\n"
                            "f,d,1e6,set_jump,acc,0,0.95,0.001,900,acc\n"
                            "f,a,1000,set_jump,log_likelihood,0,-9,0.1,900,acc\n"
                            "f,b,10000,set_jump,log_likelihood,0,-5,0.1,900,acc\n"
                            "f,a,1000,set_fall,acc,0,0.9,0.001,900,acc\n"
                            "f,b,10000,set_fall,acc,0,0.6,0.001,900,acc\n"
                            "f,c,100000,set_fall,acc,0,0.3,0.001,900,acc\n"
                            "f,d,1e6,set_fall,acc,0,0.05,0.001,900,acc\n"
                            "g,e,2000,set_fall,acc,0,0.5,,,acc\n";

static bs_text page_of(const char *table, const bs_page_options *options) {
  bs_error err = {0};
  bs_text text = {0};
  bs_analysis *analysis = from_text(table);
  BS_TEST_OK(bs_page_append(&text, analysis, NULL, options, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(text.data);
  bs_analysis_free(&analysis);
  return text;
}

static size_t count(const char *in, const char *what) {
  size_t n = 0;
  for (const char *at = in; (at = strstr(at, what)) != NULL; at++)
    n++;
  return n;
}

static void a_page_has_its_sections(void) {
  bs_text text = page_of(TABLE, NULL);
  const char *const parts[] = {"<section id=summary>", "<section id=tasks>",  "<section id=map>",
                               "<section id=shapes>",  "<section id=models>", "</html>"};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    CU_ASSERT_PTR_NOT_NULL(strstr(text.data, parts[i]));
  CU_ASSERT_EQUAL(count(text.data, "<article"), 2); /* tasks under the metric they go by */
  CU_ASSERT_EQUAL(count(text.data, "<h3>set_<wbr>jump</h3>"), 1);
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "0.950"));
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "b (10K): 0.011 \xC2\xB1 0.001"));
  bs_text_free(&text);
}

/* A page opened from a mail asks nobody for anything. */
static void nothing_comes_from_elsewhere(void) {
  bs_text text = page_of(TABLE, NULL);
  CU_ASSERT_PTR_NULL(strstr(text.data, "http:"));
  CU_ASSERT_PTR_NULL(strstr(text.data, "https:"));
  CU_ASSERT_PTR_NULL(strstr(text.data, " src="));
  CU_ASSERT_PTR_NULL(strstr(text.data, "@import"));
  CU_ASSERT_PTR_NULL(strstr(text.data, "url("));
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "default-src 'none'"));
  bs_text_free(&text);
}

static void names_become_no_markup(void) {
  static const char HOSTILE[] =
      "family,model,scale,task,metric,shots,value,stderr,n,preferred_metric\n"
      "<i>f,\"m\"\"><script>alert(1)</script>\",1000,</script><img src=x "
      "onerror=alert(2)>,\"' onload=alert(3)\",0,0.5,0.1,90,\"' onload=alert(3)\"\n"
      "<i>f,%s%n,20000,</script><img src=x onerror=alert(2)>,\"' onload=alert(3)\",0,0.6,0.1,90,"
      "\"' onload=alert(3)\"\n";
  bs_page_options options = {.title = "</title><script>alert(4)</script>", .subtitle = "<!--"};
  bs_text plain = page_of(TABLE, NULL), text = page_of(HOSTILE, &options);
  CU_ASSERT_EQUAL(count(text.data, "<script"), count(plain.data, "<script"));
  CU_ASSERT_EQUAL(count(text.data, "</script"), count(plain.data, "</script"));
  CU_ASSERT_EQUAL(count(text.data, "<img"), 0);
  CU_ASSERT_EQUAL(count(text.data, "<i>"), 0);
  CU_ASSERT_EQUAL(count(text.data, "<!--"), 0);
  CU_ASSERT_EQUAL(count(text.data, "' onload"), 0);
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "&#39; onload=alert(3)"));
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "%s%n"));
  bs_text_free(&plain);
  bs_text_free(&text);
}

/* One model, one score: the page says what it cannot show. */
static void what_is_missing_is_named(void) {
  bs_text text =
      page_of("family,model,scale,task,metric,shots,value\nf,a,1000,t,acc,0,0.5\n", NULL);
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "What is not shown"));
  CU_ASSERT_PTR_NULL(strstr(text.data, "<section id=map>"));
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "Linearity and breakthroughness: <span class=dim>no "));
  bs_text_free(&text);
}

static void a_file_is_replaced_as_a_whole(void) {
  bs_error err = {0};
  bs_analysis *analysis = from_text(TABLE);
  const char *path = bs_test_write("page.html", "old", 3);
  BS_TEST_OK(bs_page_write(path, analysis, NULL, NULL, &err), err);
  bs_text text = bs_test_read(path);
  CU_ASSERT_NSTRING_EQUAL(text.data, "<!doctype html>", 15);
  bs_text_free(&text);
  BS_TEST_FAILS(bs_page_write(bs_test_path("no/such/folder.html"), analysis, NULL, NULL, &err),
                BS_ERR_IO, err, "folder.html");
  bs_analysis_free(&analysis);
}

int main(void) {
  static const bs_test tests[] = {
      {"a page has its sections", a_page_has_its_sections},
      {"nothing comes from elsewhere", nothing_comes_from_elsewhere},
      {"names become no markup", names_become_no_markup},
      {"what is missing is named", what_is_missing_is_named},
      {"a file is replaced as a whole", a_file_is_replaced_as_a_whole},
  };
  return bs_test_main("page", tests, sizeof tests / sizeof *tests);
}
