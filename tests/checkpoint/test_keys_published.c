/* What published config.json files say, key by key: none is refused for a key that has no effect or
   is noted as unknown, and the sizes are those of the published model, where the file leaves them
   to the defaults of its class as well. Lists of factors and of layers are shortened. There are no
   tensors: the first one that is missing ends the reading. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "checkpoint/blueprint_internal.h"
#include "checkpoint/keys_internal.h"
#include "harness.h"

typedef struct published {
  const char *name; /* on the Hub */
  const char *text; /* of config.json, with ' for " and @N for N factors */
  size_t n_layers, d_model, n_kv_heads, head_dim, d_ff, max_positions;
} published;

#define COMMON "'torch_dtype':'bfloat16','transformers_version':'4.40.0','use_cache':true,"
#define LLAMA "'attention_bias':false,'attention_dropout':0.0,'hidden_act':'silu',"
#define GEMMA                                                                                      \
  COMMON "'attention_bias':false,'attention_dropout':0.0,'bos_token_id':2,'eos_token_id':1,"       \
         "'head_dim':256,'initializer_range':0.02,'pad_token_id':0,'rms_norm_eps':1e-06,"
#define GEMMA_2                                                                                    \
  GEMMA "'architectures':['Gemma2ForCausalLM'],'model_type':'gemma2',"                             \
        "'attn_logit_softcapping':50.0,'cache_implementation':'hybrid',"                           \
        "'final_logit_softcapping':30.0,'hidden_act':'gelu_pytorch_tanh',"                         \
        "'hidden_activation':'gelu_pytorch_tanh','max_position_embeddings':8192,"                  \
        "'rope_theta':10000.0,'sliding_window':4096,'vocab_size':256000,"                          \
        "'query_pre_attn_scalar':256,"
#define FALCON                                                                                     \
  COMMON "'architectures':['FalconForCausalLM'],'model_type':'falcon',"                            \
         "'apply_residual_connection_post_layernorm':false,'attention_dropout':0.0,"               \
         "'auto_map':{'AutoConfig':'configuration_falcon.FalconConfig',"                           \
         "'AutoModel':'modeling_falcon.FalconModel',"                                              \
         "'AutoModelForCausalLM':'modeling_falcon.FalconForCausalLM'},"                            \
         "'hidden_dropout':0.0,'initializer_range':0.02,'layer_norm_epsilon':1e-05,"
#define RW                                                                                         \
  COMMON "'architectures':['RWForCausalLM'],'alibi':false,"                                        \
         "'apply_residual_connection_post_layernorm':false,'attention_dropout':0.0,"               \
         "'auto_map':{'AutoConfig':'configuration_RW.RWConfig',"                                   \
         "'AutoModelForCausalLM':'modelling_RW.RWForCausalLM'},'bias':false,'bos_token_id':11,"    \
         "'eos_token_id':11,'hidden_dropout':0.0,'initializer_range':0.02,"                        \
         "'layer_norm_epsilon':1e-05,'parallel_attn':true,'vocab_size':65024,"
#define MPT_CODE                                                                                   \
  "'auto_map':{'AutoConfig':'configuration_mpt.MPTConfig',"                                        \
  "'AutoModelForCausalLM':'modeling_mpt.MPTForCausalLM'},"
#define MPT                                                                                        \
  "'architectures':['MPTForCausalLM'],'model_type':'mpt'," MPT_CODE                                \
  "'d_model':4096,'emb_pdrop':0,'embedding_fraction':1.0,'expansion_ratio':4,"                     \
  "'init_config':{'emb_init_std':null,'fan_mode':'fan_in','init_std':0.02,"                        \
  "'name':'kaiming_normal_','verbose':0},'init_device':'cpu','learned_pos_emb':true,"              \
  "'logit_scale':null,'n_heads':32,'n_layers':32,'no_bias':true,"                                  \
  "'norm_type':'low_precision_layernorm','resid_pdrop':0,"                                         \
  "'tokenizer_name':'EleutherAI/gpt-neox-20b','torch_dtype':'bfloat16',"                           \
  "'transformers_version':'4.28.1','use_cache':false,'verbose':0,'vocab_size':50432,"
#define MPT_ATTENTION                                                                              \
  "'alibi':true,'alibi_bias_max':8,'attn_impl':'torch','attn_pdrop':0,"                            \
  "'attn_type':'multihead_attention','attn_uses_sequence_id':false,'clip_qkv':null,"               \
  "'prefix_lm':false,'qk_ln':false,'softmax_scale':null"
#define STABLELM                                                                                   \
  COMMON "'architectures':['StableLmForCausalLM'],'model_type':'stablelm','hidden_act':'silu',"    \
         "'initializer_range':0.02,'max_position_embeddings':4096,'partial_rotary_factor':0.25,"   \
         "'rope_theta':10000,'tie_word_embeddings':false,"
#define SUMMARY                                                                                    \
  "'summary_activation':null,'summary_first_dropout':0.1,'summary_proj_to_labels':true,"           \
  "'summary_type':'cls_index','summary_use_proj':true,"
#define PHI                                                                                        \
  COMMON "'architectures':['PhiForCausalLM'],'model_type':'phi','attention_dropout':0.0,"          \
         "'embd_pdrop':0.0,'hidden_act':'gelu_new','initializer_range':0.02,"                      \
         "'layer_norm_eps':1e-05,'max_position_embeddings':2048,'qk_layernorm':false,"             \
         "'resid_pdrop':0.0,'rope_scaling':null,'rope_theta':10000.0,"                             \
         "'tie_word_embeddings':false,'vocab_size':51200,'num_attention_heads':32,"
#define PHI_3                                                                                      \
  COMMON "'architectures':['Phi3ForCausalLM'],'model_type':'phi3','attention_bias':false,"         \
         "'attention_dropout':0.0,'embd_pdrop':0.0,'hidden_act':'silu','hidden_size':3072,"        \
         "'initializer_range':0.02,'intermediate_size':8192,'num_hidden_layers':32,"               \
         "'original_max_position_embeddings':4096,'resid_pdrop':0.0,'rms_norm_eps':1e-05,"         \
         "'rope_theta':10000.0,"
#define PHI_3_CODE                                                                                 \
  "'auto_map':{'AutoConfig':'configuration_phi3.Phi3Config',"                                      \
  "'AutoModelForCausalLM':'modeling_phi3.Phi3ForCausalLM'},"
#define T5                                                                                         \
  "'decoder_start_token_id':0,'dropout_rate':0.1,'eos_token_id':1,'initializer_factor':1.0,"       \
  "'is_encoder_decoder':true,'layer_norm_epsilon':1e-06,'output_past':true,'pad_token_id':0,"      \
  "'relative_attention_num_buckets':32,'use_cache':true,"
#define T5_CLASS "'architectures':['T5ForConditionalGeneration'],'model_type':'t5',"

static const published files[] = {
    {"google/gemma-2b",
     "{" GEMMA "'architectures':['GemmaForCausalLM'],'model_type':'gemma','hidden_act':'gelu',"
     "'hidden_size':2048,'intermediate_size':16384,'max_position_embeddings':8192,"
     "'num_attention_heads':8,'num_hidden_layers':18,'num_key_value_heads':1,"
     "'rope_scaling':null,'rope_theta':10000.0,'vocab_size':256000}",
     18, 2048, 1, 256, 16384, 8192},
    {"google/gemma-7b",
     "{" GEMMA "'architectures':['GemmaForCausalLM'],'model_type':'gemma',"
     "'hidden_act':'gelu_pytorch_tanh','hidden_activation':null,'hidden_size':3072,"
     "'intermediate_size':24576,'max_position_embeddings':8192,'num_attention_heads':16,"
     "'num_hidden_layers':28,'num_key_value_heads':16,'rope_scaling':null,"
     "'rope_theta':10000.0,'vocab_size':256000}",
     28, 3072, 16, 256, 24576, 8192},
    {"google/gemma-2-2b",
     "{" GEMMA_2 "'hidden_size':2304,'intermediate_size':9216,'num_attention_heads':8,"
     "'num_hidden_layers':26,'num_key_value_heads':4}",
     26, 2304, 4, 256, 9216, 8192},
    {"google/gemma-2-9b",
     "{" GEMMA_2 "'hidden_size':3584,'intermediate_size':14336,'num_attention_heads':16,"
     "'num_hidden_layers':42,'num_key_value_heads':8,'sliding_window_size':4096}",
     42, 3584, 8, 256, 14336, 8192},
    {"google/gemma-3-1b-pt",
     "{" GEMMA "'architectures':['Gemma3ForCausalLM'],'model_type':'gemma3_text',"
     "'attn_logit_softcapping':null,'cache_implementation':'hybrid',"
     "'final_logit_softcapping':null,'hidden_activation':'gelu_pytorch_tanh','hidden_size':1152,"
     "'intermediate_size':6912,'max_position_embeddings':32768,'num_attention_heads':4,"
     "'num_hidden_layers':26,'num_key_value_heads':1,'query_pre_attn_scalar':256,"
     "'rope_local_base_freq':10000,'rope_scaling':null,'rope_theta':1000000,"
     "'sliding_window':512,'sliding_window_pattern':6,'vocab_size':262144}",
     26, 1152, 1, 256, 6912, 32768},
    {"google/gemma-3-270m",
     "{" GEMMA "'architectures':['Gemma3ForCausalLM'],'model_type':'gemma3_text',"
     "'_sliding_window_pattern':6,'attn_logit_softcapping':null,"
     "'final_logit_softcapping':null,'hidden_activation':'gelu_pytorch_tanh','hidden_size':640,"
     "'intermediate_size':2048,'layer_types':['sliding_attention','sliding_attention',"
     "'sliding_attention','sliding_attention','sliding_attention','full_attention'],"
     "'max_position_embeddings':32768,'num_attention_heads':4,'num_hidden_layers':6,"
     "'num_key_value_heads':1,'query_pre_attn_scalar':256,'rope_local_base_freq':10000.0,"
     "'rope_scaling':null,'rope_theta':1000000.0,'sliding_window':512,"
     "'use_bidirectional_attention':false,'vocab_size':262144}",
     6, 640, 1, 256, 2048, 32768},
    {"google/gemma-3-4b-pt",
     "{'architectures':['Gemma3ForConditionalGeneration'],'boi_token_index':255999,"
     "'eoi_token_index':256000,'eos_token_id':[1,106],'image_token_index':262144,"
     "'initializer_range':0.02,'mm_tokens_per_image':256,'model_type':'gemma3',"
     "'text_config':{'hidden_size':2560,'intermediate_size':10240,'model_type':'gemma3_text',"
     "'num_hidden_layers':34,'rope_scaling':{'factor':8.0,'rope_type':'linear'},"
     "'sliding_window':1024},'torch_dtype':'bfloat16','transformers_version':'4.50.0.dev0',"
     "'vision_config':{'hidden_size':1152,'image_size':896,'intermediate_size':4304,"
     "'model_type':'siglip_vision_model','num_attention_heads':16,'num_hidden_layers':27,"
     "'patch_size':14,'vision_use_head':false}}",
     34, 2560, 4, 256, 10240, 131072},
    {"allenai/OLMo-1B-hf",
     "{" COMMON LLAMA "'architectures':['OlmoForCausalLM'],'model_type':'olmo','clip_qkv':null,"
     "'eos_token_id':50279,'hidden_size':2048,'initializer_range':0.02,"
     "'intermediate_size':8192,'max_position_embeddings':2048,'num_attention_heads':16,"
     "'num_hidden_layers':16,'num_key_value_heads':16,'pad_token_id':1,'pretraining_tp':1,"
     "'rope_scaling':null,'rope_theta':10000.0,'tie_word_embeddings':true,'vocab_size':50304}",
     16, 2048, 16, 128, 8192, 2048},
    {"allenai/OLMo-2-1124-7B",
     "{" COMMON LLAMA "'architectures':['Olmo2ForCausalLM'],'model_type':'olmo2',"
     "'eos_token_id':100257,'hidden_size':4096,'initializer_range':0.02,"
     "'intermediate_size':11008,'max_position_embeddings':4096,'num_attention_heads':32,"
     "'num_hidden_layers':32,'num_key_value_heads':32,'pad_token_id':100277,"
     "'rms_norm_eps':1e-06,'rope_scaling':null,'rope_theta':500000,"
     "'tie_word_embeddings':false,'vocab_size':100352}",
     32, 4096, 32, 128, 11008, 4096},
    {"ibm-granite/granite-3.1-2b-base",
     "{" COMMON "'architectures':['GraniteForCausalLM'],'model_type':'granite',"
     "'attention_bias':false,'attention_dropout':0.1,'attention_multiplier':0.015625,"
     "'bos_token_id':0,'embedding_multiplier':12.0,'eos_token_id':0,'hidden_act':'silu',"
     "'hidden_size':2048,'initializer_range':0.02,'intermediate_size':8192,"
     "'logits_scaling':8.0,'max_position_embeddings':131072,'mlp_bias':false,"
     "'num_attention_heads':32,'num_hidden_layers':40,'num_key_value_heads':8,"
     "'pad_token_id':0,'residual_multiplier':0.22,'rms_norm_eps':1e-05,'rope_scaling':null,"
     "'rope_theta':5000000.0,'tie_word_embeddings':true,'vocab_size':49152}",
     40, 2048, 8, 64, 8192, 131072},
    {"tiiuae/falcon-7b",
     "{" FALCON "'alibi':false,'bias':false,'bos_token_id':11,'eos_token_id':11,"
     "'hidden_size':4544,'multi_query':true,'new_decoder_architecture':false,"
     "'num_attention_heads':71,'num_hidden_layers':32,'parallel_attn':true,'vocab_size':65024}",
     32, 4544, 1, 64, 18176, 2048},
    {"tiiuae/falcon-40b",
     "{" FALCON "'alibi':false,'bias':false,'bos_token_id':11,'eos_token_id':11,"
     "'hidden_size':8192,'multi_query':true,'new_decoder_architecture':true,"
     "'num_attention_heads':128,'num_hidden_layers':60,'num_kv_heads':8,'parallel_attn':true,"
     "'vocab_size':65024}",
     60, 8192, 8, 64, 32768, 2048},
    {"tiiuae/falcon-7b, as first published",
     "{" RW "'model_type':'RefinedWebModel','hidden_size':4544,'multi_query':true,'n_head':71,"
     "'n_layer':32}",
     32, 4544, 1, 64, 18176, 2048},
    {"tiiuae/falcon-40b, as first published",
     "{" RW "'model_type':'RefinedWeb','hidden_size':8192,'n_head':128,'n_head_kv':8,"
     "'n_layer':60}",
     60, 8192, 8, 64, 32768, 2048},
    {"tiiuae/falcon-rw-1b",
     "{" FALCON "'alibi':true,'bias':true,'bos_token_id':1,'eos_token_id':2,"
     "'hidden_size':2048,'multi_query':false,'new_decoder_architecture':false,"
     "'num_attention_heads':32,'num_hidden_layers':24,'parallel_attn':false,"
     "'vocab_size':50304}",
     24, 2048, 32, 64, 8192, 2048},
    {"tiiuae/falcon-11B",
     "{" FALCON "'activation':'gelu','alibi':false,'bias':false,'bos_token_id':11,"
     "'eos_token_id':11,'ff_factor':4,'ffn_hidden_size':16384,'hidden_size':4096,"
     "'max_position_embeddings':8192,'multi_query':true,'new_decoder_architecture':true,"
     "'num_attention_heads':32,'num_hidden_layers':60,'num_kv_heads':8,"
     "'num_ln_in_parallel_attn':1,'parallel_attn':true,'rope_scaling':null,"
     "'rope_theta':500042.0,'tie_word_embeddings':false,'vocab_size':65024}",
     60, 4096, 8, 128, 16384, 8192},
    {"mosaicml/mpt-7b", "{" MPT "'max_seq_len':2048,'attn_config':{" MPT_ATTENTION "}}", 32, 4096,
     32, 128, 16384, 2048},
    {"an MPT of 8192 positions, written by a newer llm-foundry",
     "{" MPT "'max_seq_len':8192,'fc_type':'torch','use_pad_tok_in_ffn':true,"
     "'tie_word_embeddings':true,'ffn_config':{'fc_type':'torch','ffn_type':'mptmlp'},"
     "'attn_config':{" MPT_ATTENTION ",'qk_gn':false,'rope':false,'rope_theta':10000,"
     "'rope_impl':'dail','rope_dail_config':{'type':'original','pos_idx_in_fp32':true,"
     "'xpos_scale_base':512},'rope_hf_config':{'type':'no_scaling','factor':1.0},"
     "'sliding_window_size':-1}}",
     32, 4096, 32, 128, 16384, 8192},
    {"stabilityai/stablelm-3b-4e1t",
     "{" STABLELM "'bos_token_id':0,'eos_token_id':0,'hidden_size':2560,"
     "'intermediate_size':6912,'layer_norm_eps':1e-05,'num_attention_heads':32,"
     "'num_hidden_layers':32,'num_key_value_heads':32,'use_qkv_bias':false,'vocab_size':50304}",
     32, 2560, 32, 80, 6912, 4096},
    {"stabilityai/stablelm-3b-4e1t, as first published",
     "{" COMMON "'architectures':['StableLMEpochForCausalLM'],'model_type':'stablelm_epoch',"
     "'auto_map':{'AutoConfig':'configuration_stablelm_epoch.StableLMEpochConfig',"
     "'AutoModelForCausalLM':'modeling_stablelm_epoch.StableLMEpochForCausalLM'},"
     "'bos_token_id':0,'eos_token_id':0,'hidden_act':'silu','hidden_size':2560,"
     "'initializer_range':0.02,'intermediate_size':6912,'max_position_embeddings':4096,"
     "'norm_eps':1e-05,'num_attention_heads':32,'num_heads':32,'num_hidden_layers':32,"
     "'num_key_value_heads':32,'rope_pct':0.25,'rope_theta':10000,"
     "'rotary_scaling_factor':1.0,'tie_word_embeddings':false,'vocab_size':50304}",
     32, 2560, 32, 80, 6912, 4096},
    {"stabilityai/stablelm-2-1_6b",
     "{" STABLELM "'bos_token_id':100257,'eos_token_id':100257,'hidden_size':2048,"
     "'hidden_dropout':0.0,'intermediate_size':5632,'layer_norm_eps':1e-05,"
     "'num_attention_heads':32,'num_hidden_layers':24,'num_key_value_heads':32,"
     "'use_qkv_bias':true,'vocab_size':100352}",
     24, 2048, 32, 64, 5632, 4096},
    {"stabilityai/stablelm-2-12b",
     "{" STABLELM "'attention_dropout':0.0,'bos_token_id':100257,'eos_token_id':100257,"
     "'hidden_dropout':0.0,'hidden_size':5120,'intermediate_size':13824,"
     "'layer_norm_eps':1e-05,'num_attention_heads':32,'num_hidden_layers':40,"
     "'num_key_value_heads':8,'qk_layernorm':true,'rope_scaling':null,"
     "'use_parallel_residual':true,'use_qkv_bias':false,'vocab_size':100352}",
     40, 5120, 8, 160, 13824, 4096},
    {"facebook/opt-350m",
     "{" COMMON "'architectures':['OPTForCausalLM'],'model_type':'opt',"
     "'activation_dropout':0.0,'activation_function':'relu','attention_dropout':0.0,"
     "'bos_token_id':2,'do_layer_norm_before':false,'dropout':0.1,'eos_token_id':2,"
     "'ffn_dim':4096,'hidden_size':1024,'init_std':0.02,'layerdrop':0.0,"
     "'max_position_embeddings':2048,'num_attention_heads':16,'num_hidden_layers':24,"
     "'pad_token_id':1,'prefix':'</s>','vocab_size':50272,'word_embed_proj_dim':512}",
     24, 1024, 16, 64, 4096, 2048},
    {"facebook/opt-13b",
     "{" COMMON "'architectures':['OPTForCausalLM'],'model_type':'opt',"
     "'_remove_final_layer_norm':false,'activation_dropout':0.0,'activation_function':'relu',"
     "'attention_dropout':0.0,'bos_token_id':2,'do_layer_norm_before':true,'dropout':0.1,"
     "'eos_token_id':2,'ffn_dim':20480,'hidden_size':5120,'init_std':0.02,'layerdrop':0.0,"
     "'max_position_embeddings':2048,'num_attention_heads':40,'num_hidden_layers':40,"
     "'output_projection':true,'pad_token_id':1,'prefix':'</s>','vocab_size':50272,"
     "'word_embed_proj_dim':5120}",
     40, 5120, 40, 128, 20480, 2048},
    {"EleutherAI/gpt-j-6b",
     "{" SUMMARY "'architectures':['GPTJForCausalLM'],'model_type':'gptj',"
     "'activation_function':'gelu_new','attn_pdrop':0.0,'bos_token_id':50256,"
     "'embd_pdrop':0.0,'eos_token_id':50256,'gradient_checkpointing':false,"
     "'initializer_range':0.02,'layer_norm_epsilon':1e-05,'n_embd':4096,'n_head':16,"
     "'n_inner':null,'n_layer':28,'n_positions':2048,'resid_pdrop':0.0,'rotary':true,"
     "'rotary_dim':64,'scale_attn_weights':true,'task_specific_params':{'text-generation':"
     "{'do_sample':true,'max_length':50,'temperature':1.0}},'tie_word_embeddings':false,"
     "'tokenizer_class':'GPT2Tokenizer','transformers_version':'4.18.0.dev0',"
     "'use_cache':true,'vocab_size':50400}",
     28, 4096, 16, 256, 16384, 2048},
    {"EleutherAI/gpt-neo-125m",
     "{" SUMMARY "'architectures':['GPTNeoForCausalLM'],'model_type':'gpt_neo',"
     "'activation_function':'gelu_new','attention_dropout':0,'attention_layers':['global',"
     "'local','global','local','global','local','global','local','global','local','global',"
     "'local'],'attention_types':[[['global','local'],6]],'bos_token_id':50256,"
     "'embed_dropout':0,'eos_token_id':50256,'gradient_checkpointing':false,"
     "'hidden_size':768,'initializer_range':0.02,'intermediate_size':null,"
     "'layer_norm_epsilon':1e-05,'max_position_embeddings':2048,'num_heads':12,"
     "'num_layers':12,'resid_dropout':0,'torch_dtype':'float32',"
     "'transformers_version':'4.10.0.dev0','use_cache':true,'vocab_size':50257,"
     "'window_size':256}",
     12, 768, 12, 64, 3072, 2048},
    {"microsoft/phi-1_5",
     "{" PHI "'_name_or_path':'microsoft/phi-1_5','bos_token_id':null,'eos_token_id':null,"
     "'hidden_size':2048,'intermediate_size':8192,'num_hidden_layers':24,"
     "'num_key_value_heads':null,'partial_rotary_factor':0.5}",
     24, 2048, 32, 64, 8192, 2048},
    {"microsoft/phi-2",
     "{" PHI "'bos_token_id':50256,'eos_token_id':50256,'hidden_size':2560,"
     "'intermediate_size':10240,'num_hidden_layers':32,'num_key_value_heads':32,"
     "'partial_rotary_factor':0.4}",
     32, 2560, 32, 80, 10240, 2048},
    {"microsoft/phi-2, with the code that it was published with",
     "{" PHI "'auto_map':{'AutoConfig':'configuration_phi.PhiConfig',"
     "'AutoModelForCausalLM':'modeling_phi.PhiForCausalLM'},'bos_token_id':50256,"
     "'eos_token_id':50256,'hidden_size':2560,'intermediate_size':10240,"
     "'num_hidden_layers':32,'num_key_value_heads':32,'partial_rotary_factor':0.4}",
     32, 2560, 32, 80, 10240, 2048},
    {"microsoft/Phi-3-mini-4k-instruct",
     "{" PHI_3 PHI_3_CODE "'bos_token_id':1,'eos_token_id':32000,'pad_token_id':32000,"
     "'max_position_embeddings':4096,'num_attention_heads':32,'num_key_value_heads':32,"
     "'rope_scaling':null,'sliding_window':2047,'tie_word_embeddings':false,"
     "'vocab_size':32064}",
     32, 3072, 32, 96, 8192, 4096},
    {"microsoft/Phi-3.5-mini-instruct",
     "{" PHI_3 PHI_3_CODE "'bos_token_id':1,'eos_token_id':32000,'pad_token_id':32000,"
     "'max_position_embeddings':131072,'num_attention_heads':32,'num_key_value_heads':32,"
     "'rope_scaling':{'long_factor':@48,'short_factor':@48,'type':'longrope'},"
     "'sliding_window':262144,'tie_word_embeddings':false,'vocab_size':32064}",
     32, 3072, 32, 96, 8192, 131072},
    {"microsoft/Phi-3-mini-128k-instruct, as first published",
     "{" PHI_3 PHI_3_CODE "'bos_token_id':1,'eos_token_id':32000,'pad_token_id':32000,"
     "'max_position_embeddings':131072,'num_attention_heads':32,'num_key_value_heads':32,"
     "'rope_scaling':{'long_factor':@48,'short_factor':@48,'type':'su'},"
     "'sliding_window':262144,'tie_word_embeddings':false,'vocab_size':32064}",
     32, 3072, 32, 96, 8192, 131072},
    {"microsoft/Phi-4-mini-instruct",
     "{" PHI_3 "'auto_map':{'AutoConfig':'configuration_phi3.Phi3Config',"
     "'AutoModelForCausalLM':'modeling_phi3.Phi3ForCausalLM',"
     "'AutoTokenizer':'Xenova/gpt-4o'},'bos_token_id':199999,'eos_token_id':199999,"
     "'pad_token_id':199999,'full_attn_mod':1,'interpolate_factor':1,'lm_head_bias':false,"
     "'max_position_embeddings':131072,'mlp_bias':false,'num_attention_heads':24,"
     "'num_key_value_heads':8,'partial_rotary_factor':0.75,"
     "'rope_scaling':{'long_factor':@48,'short_factor':@48,'type':'longrope'},"
     "'sliding_window':262144,'tie_word_embeddings':true,'vocab_size':200064}",
     32, 3072, 8, 128, 8192, 131072},
    {"facebook/xglm-564M",
     "{" COMMON "'architectures':['XGLMForCausalLM'],'model_type':'xglm',"
     "'activation_dropout':0,'activation_function':'gelu','attention_dropout':0.1,"
     "'attention_heads':16,'bos_token_id':0,'d_model':1024,'decoder_start_token_id':2,"
     "'dropout':0.1,'eos_token_id':2,'ffn_dim':4096,'init_std':0.02,'layerdrop':0.0,"
     "'max_position_embeddings':2048,'num_layers':24,'pad_token_id':1,"
     "'scale_embedding':true,'vocab_size':256008}",
     24, 1024, 16, 64, 4096, 2048},
    {"HuggingFaceTB/SmolLM3-3B-Base",
     "{" COMMON LLAMA "'architectures':['SmolLM3ForCausalLM'],'model_type':'smollm3',"
     "'bos_token_id':128000,'eos_token_id':128001,'hidden_size':2048,"
     "'initializer_range':0.02,'intermediate_size':11008,'layer_types':['full_attention',"
     "'full_attention','full_attention','full_attention'],'max_position_embeddings':65536,"
     "'max_window_layers':28,'mlp_bias':false,'no_rope_layer_interval':4,"
     "'no_rope_layers':[1,1,1,0],'num_attention_heads':16,'num_hidden_layers':4,"
     "'num_key_value_heads':4,'pad_token_id':128004,'pretraining_tp':2,"
     "'rms_norm_eps':1e-06,'rope_scaling':null,'rope_theta':5000000.0,"
     "'sliding_window':null,'use_sliding_window':false,'vocab_size':128256}",
     4, 2048, 4, 128, 11008, 65536},
    {"google-t5/t5-small",
     "{" T5_CLASS T5 "'d_ff':2048,'d_kv':64,'d_model':512,'n_positions':512,'num_heads':8,"
     "'num_layers':6,'task_specific_params':{'summarization':{'early_stopping':true,"
     "'num_beams':4,'prefix':'summarize: '}},'vocab_size':32128}",
     6, 512, 8, 64, 2048, 2048},
    {"google/t5-v1_1-small",
     "{" T5_CLASS T5 "'d_ff':1024,'d_kv':64,'d_model':512,'feed_forward_proj':'gated-gelu',"
     "'num_decoder_layers':8,'num_heads':6,'num_layers':8,'tie_word_embeddings':false,"
     "'vocab_size':32128}",
     8, 512, 6, 64, 1024, 2048},
    {"google/flan-t5-small",
     "{" T5_CLASS T5 "'d_ff':1024,'d_kv':64,'d_model':512,'feed_forward_proj':'gated-gelu',"
     "'dense_act_fn':'gelu_new','is_gated_act':true,'n_positions':512,"
     "'num_decoder_layers':8,'num_heads':6,'num_layers':8,"
     "'relative_attention_max_distance':128,'tie_word_embeddings':false,'vocab_size':32128}",
     8, 512, 6, 64, 1024, 2048},
    {"google/ul2",
     "{" T5_CLASS T5 "'d_ff':16384,'d_kv':256,'d_model':4096,"
     "'feed_forward_proj':'gated-silu','dense_act_fn':'silu','is_gated_act':true,"
     "'n_positions':512,'num_decoder_layers':32,'num_heads':16,'num_layers':32,"
     "'relative_attention_max_distance':128,'tie_word_embeddings':false,'vocab_size':32128}",
     32, 4096, 16, 256, 16384, 2048},
    {"google/mt5-small",
     "{" T5 "'architectures':['MT5ForConditionalGeneration'],'model_type':'mt5','d_ff':1024,"
     "'d_kv':64,'d_model':512,'feed_forward_proj':'gated-gelu','num_decoder_layers':8,"
     "'num_heads':6,'num_layers':8,'tie_word_embeddings':false,"
     "'tokenizer_class':'T5Tokenizer','vocab_size':250112}",
     8, 512, 6, 64, 1024, 2048},
    {"google/byt5-small",
     "{" T5_CLASS T5 "'d_ff':3584,'d_kv':64,'d_model':1472,'feed_forward_proj':'gated-gelu',"
     "'gradient_checkpointing':false,'num_decoder_layers':4,'num_heads':6,'num_layers':12,"
     "'tie_word_embeddings':false,'tokenizer_class':'ByT5Tokenizer','vocab_size':384}",
     4, 1472, 6, 64, 3584, 2048},
    {"google/switch-base-8",
     "{" T5 "'architectures':['SwitchTransformersForConditionalGeneration'],"
     "'model_type':'switch_transformers','batch_prioritized_routing':false,'d_ff':3072,'d_kv':64,"
     "'d_model':768,'decoder_sparse_step':2,'dense_act_fn':'relu','encoder_sparse_step':2,"
     "'expert_capacity':64,'feed_forward_proj':'relu','is_gated_act':false,"
     "'num_decoder_layers':12,'num_experts':8,'num_heads':12,'num_layers':12,"
     "'num_selected_experts':1,'num_sparse_decoder_layers':6,'num_sparse_encoder_layers':6,"
     "'relative_attention_max_distance':128,'router_aux_loss_coef':0.001,'router_bias':false,"
     "'router_dtype':'float32','router_ignore_padding_tokens':false,'router_jitter_noise':0.01,"
     "'router_type':'tokens_masked','router_z_loss_coef':0.001,'vocab_size':32128}",
     12, 768, 12, 64, 3072, 2048},
};

/* The file's text in JSON. */
static void write_out(bs_text *to, const char *text) {
  for (; *text != '\0'; text++)
    if (*text == '@') {
      char *end = NULL;
      size_t n = strtoul(text + 1, &end, 10);
      for (size_t i = 0; i < n; i++)
        bs_text_printf(to, NULL, "%s%g", i == 0 ? "[" : ",", 1 + 0.25 * (double)i);
      bs_text_printf(to, NULL, "]");
      text = end - 1;
    } else {
      bs_text_printf(to, NULL, "%c", *text == '\'' ? '"' : *text);
    }
}

static const bs_family *family_of(const bs_json *config) {
  const cJSON *names = bs_json_get(config->root, "architectures");
  const cJSON *type = bs_json_get(config->root, "model_type");
  const bs_family *family = bs_family_find(names->child->valuestring, type->valuestring);
  return family != NULL && bs_family_has_type(family, type->valuestring) ? family : NULL;
}

static bool has_sizes(const published *file, const bs_blueprint *found) {
  return found->n_layers == file->n_layers && found->d_model == file->d_model &&
         found->n_kv_heads == file->n_kv_heads && found->head_dim == file->head_dim &&
         found->d_ff == file->d_ff && found->max_positions == file->max_positions;
}

/* Only the tensors may be missing. */
static bool is_read(const published *file, const bs_json *config) {
  bs_error err = {0};
  bs_name_list notes = {0};
  bs_tensor_list none = {0};
  bs_blueprint blueprint = {0};
  bs_reader reader = {.config = config,
                      .dir = "folder",
                      .family = family_of(config),
                      .tensors = &none,
                      .notes = &notes,
                      .decoder_start = -1,
                      .eos = -1,
                      .err = &err};
  if (reader.family != NULL)
    bs_keys_check(&reader);
  if (reader.family != NULL && reader.status == BS_OK)
    reader.family->describe(&reader, &blueprint);
  bool is_missing = strstr(err.message, ": missing; ") != NULL;
  bool is_right = is_missing && notes.n == 0 && has_sizes(file, &blueprint);
  if (!is_right)
    printf("\n    %s: %s%s (%zu layers, %zu wide, %zu kv heads of %zu, ff %zu, %zu positions)",
           file->name, notes.n > 0 ? notes.names[0] : "", err.message, blueprint.n_layers,
           blueprint.d_model, blueprint.n_kv_heads, blueprint.head_dim, blueprint.d_ff,
           blueprint.max_positions);
  bs_blueprint_free(&blueprint);
  bs_name_list_free(&notes);
  return is_right;
}

static void published_files(void) {
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    bs_text text = {0};
    bs_json *config = NULL;
    bs_error err = {0};
    write_out(&text, files[i].text);
    CU_ASSERT_EQUAL_FATAL(bs_json_parse(&config, text.data, text.n_bytes, "config.json", &err),
                          BS_OK);
    CU_ASSERT_TRUE(is_read(&files[i], config));
    bs_json_free(&config);
    bs_text_free(&text);
  }
}

static const bs_test tests[] = {
    {"published files", published_files},
};

int main(void) { return bs_test_main("keys_published", tests, sizeof tests / sizeof *tests); }
